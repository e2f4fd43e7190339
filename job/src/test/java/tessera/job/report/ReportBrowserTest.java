package tessera.job.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;
import tessera.analysis.Analysis;
import tessera.analysis.figures.Comparison;
import tessera.analysis.figures.Known;
import tessera.job.Tessera;
import tessera.job.spark.tables.FailedLog;

/** Reports as a reader sees them, in Chromium. */
@Tag("thorough")
final class ReportBrowserTest {
  private static final Path FORMER = Path.of("src/test/resources/former/cuda-run");

  private static final String WORKLOAD =
      """
      operator: dense
      extents: {m: T, n: 24, k: 16}
      variables:
        T: {from: 1, to: 20}
      samples: 4
      budget: {trials: 8, seconds: 60}
      """;

  private static Browser browser;

  @TempDir private static Path folder;

  @BeforeAll
  static void start() {
    Browser.assumeThere();
    browser = Browser.start();
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  private Path madeUp(MadeUpSubject... made) throws IOException {
    List<Subject> subjects = Stream.of(made).map(MadeUpSubject::subject).toList();
    return Files.writeString(
        folder.resolve("made-up.html"), ReportPage.page(subjects, LocalDate.of(2026, 11, 29)));
  }

  private static Path reportOf(Path run) throws IOException {
    try (Analysis analysis = Analysis.start()) {
      return Files.write(
          folder.resolve("run.html"), ReportPage.of(List.of(analysis.open(run.toString()))));
    }
  }

  /** On a desk and on a phone, by day and by night. */
  private static void assertFlawless(Path page) throws IOException {
    for (int width : new int[] {1280, 390}) {
      for (String theme : List.of("light", "dark")) {
        browser.open(page, width, 900, theme);
        browser.drawAll();
        assertEquals(theme, browser.script("return document.documentElement.dataset.theme"));
        assertEquals(
            (long) width, browser.script("return document.documentElement.scrollWidth"), theme);
        assertEquals(List.of(), browser.barriers());
        assertEquals(List.of(), browser.complaints());
        assertEquals(List.of(), browser.requests(page));
      }
    }
  }

  /**
   * Each card has a chart or a table with a sentence on how to read it, or one that says why not.
   */
  private static void assertNothingIsEmpty() {
    for (WebElement card : browser.all(".card")) {
      String text = card.getText();
      List<WebElement> words = card.findElements(By.cssSelector(".read, .why"));
      assertFalse(words.isEmpty() || words.get(0).getText().length() < 10, text);
      boolean drawn =
          !card.findElements(By.cssSelector(".chart svg, .chart canvas, .scroll")).isEmpty();
      boolean missing = card.getAttribute("class").contains("missing");
      assertEquals(!missing, drawn, text);
    }
    assertEquals(8, browser.all("section").size());
  }

  @Test
  void report_ofACudaRunWithTwoVariables_isFlawless() throws IOException {
    Path page = madeUp(new MadeUpSubject(List.of("B", "T"), 12, 200));
    assertFlawless(page);
    assertNothingIsEmpty();
    assertEquals(0, browser.all("img").size());
    browser.script("arguments[0].scrollIntoView()", browser.one("#dispatch .chart"));
    assertEquals(
        144L,
        browser.script(
            "return charts.find(chart =>"
                + " chart.place.closest('#dispatch')).instance.getOption().series[0].data.length"));
  }

  @Test
  void report_ofACpuRun_isFlawlessAndWrittenByTune() throws IOException {
    Path file = Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = System.out;
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      assertEquals(
          0, Tessera.execute("tune", file.toString(), "--out", folder.resolve("out").toString()));
    } finally {
      System.setOut(out);
    }
    Path page =
        Path.of(
            said.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("report: "))
                .findFirst()
                .orElseThrow()
                .substring("report: ".length()));
    assertFlawless(page);
    assertNothingIsEmpty();
    assertTrue(browser.one("h1").getText().startsWith("small on "));
  }

  @Test
  void report_ofAnInterruptedRun_saysSo() throws IOException {
    Path page = reportOf(FORMER);
    assertFlawless(page);
    assertNothingIsEmpty();
    assertTrue(browser.one(".note").getText().startsWith("This run has published no bundle"));
    assertEquals(
        "The run published no bundle", browser.one("#dispatch .why").getText().substring(0, 27));
  }

  @Test
  void report_ofARunInWhichEverythingFailed_saysWhy() throws IOException {
    Path run = folder.resolve("failed");
    FileUtils.copyDirectory(FORMER.toFile(), run.toFile());
    FailedLog.replace(run);
    Path page = reportOf(run);
    assertFlawless(page);
    assertNothingIsEmpty();
    assertTrue(browser.one(".note").getText().startsWith("No trial of this run was right"));
    assertTrue(browser.one("#failures table").getText().contains(FailedLog.MESSAGE));
  }

  private static String spoken() {
    return browser.one("#spoken").getAttribute("textContent");
  }

  @Test
  void chart_byMouseAndByKeyboard_tellsOfAShape() throws IOException {
    browser.open(madeUp(new MadeUpSubject(List.of("T"), 20, 50)), 1280, 900, "light");
    browser.drawAll();
    WebElement chart = browser.one("#speed .chart");
    chart.sendKeys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
    assertTrue(spoken().startsWith("T = 2: "), spoken());
    browser.await(
        "return [...document.querySelectorAll('.tip')].some(tip => tip.textContent.startsWith('T ="
            + " 2'))");
    chart.sendKeys(Keys.ENTER);
    assertTrue(browser.one(".pointed").getText().startsWith("T = 2\n"));
    assertTrue(browser.one(".tree .on:last-child").isDisplayed());
    browser.script("document.activeElement.blur(); arguments[0].scrollIntoView()", chart);
    new Actions(browser.driver()).moveToElement(chart, 100, 20).perform();
    browser.await(
        "return [...document.querySelectorAll('.tip')].some(tip => /^T ="
            + " \\d+/.test(tip.textContent) && tip.offsetParent)");
  }

  @Test
  void chips_thatAreSwitchedOff_takeTheirLinesAway() throws IOException {
    browser.open(madeUp(new MadeUpSubject(List.of("T"), 20, 50)), 1280, 900, "light");
    browser.drawAll();
    String lines = "return charts[0].instance.getOption().series.map(line => line.name)";
    assertEquals(7, ((List<?>) browser.script(lines)).size());
    browser.one("#speed .chip[title='kernel 3']").click();
    assertEquals(
        List.of("dispatched", "cuBLAS", "plan 0", "plan 1", "plan 2", "plan 4"),
        browser.script(lines));
    browser.one("#speed .chip[title='kernel 3']").click();
    assertEquals(7, ((List<?>) browser.script(lines)).size());
  }

  @Test
  void search_thatEndedAfterItsLastStep_isFlatToItsEnd() throws IOException {
    browser.open(madeUp(new MadeUpSubject(List.of("T"), 20, 50)), 1280, 900, "light");
    browser.drawAll();
    assertEquals(
        List.of(384L, 96L), // of 6 rounds of 64 trials
        browser.script(
            "return charts.find(chart => chart.spec.title.startsWith('Best speed'))"
                + ".instance.getOption().series[0].data.slice(-2).reverse().map(it => it.value[0])"));
  }

  @Test
  void step_ofNoWidth_isNotInTheLegend() throws IOException {
    browser.open(madeUp(new MadeUpSubject(List.of("T"), 20, 50)), 1280, 900, "light");
    browser.drawAll();
    List<String> legend =
        browser.all("#search .legend li").stream().map(WebElement::getText).toList();
    assertTrue(legend.contains("contest pass 1, 20.0 s"), legend.toString());
    assertFalse(legend.toString().contains("an instant"), legend.toString());
  }

  @Test
  void searches_ofOneShapeEach_haveALineEach() throws IOException {
    MadeUpSubject made = new MadeUpSubject(List.of("T"), 20, 50).withSearches("shape-0", "shape-1");
    Path page = madeUp(made);
    assertFlawless(page);
    assertNothingIsEmpty();
    assertEquals(
        List.of("shape-0", "shape-1"),
        browser.script(
            "return charts.find(chart => chart.spec.title.startsWith('Best speed'))"
                + ".instance.getOption().series.map(line => line.name)"));
    browser.one("#search .chart").sendKeys(Keys.ARROW_RIGHT);
    assertTrue(spoken().startsWith("shape-0: after 1 trial, round 0"), spoken());
  }

  @Test
  void failures_thatAreSearched_areThoseWithAllWords() throws IOException {
    browser.open(madeUp(new MadeUpSubject(List.of("T"), 5, 50)), 1280, 900, "light");
    browser.one("#failures input").sendKeys("Wrong simt");
    assertEquals("1 failed trial in 1 kind.", browser.one("#failures [role=status]").getText());
    assertEquals(1, browser.all("#failures tbody tr").size());
    assertTrue(browser.one("#failures tbody").getText().contains("element 9 is wrong"));
    browser.one("#failures input").sendKeys(" nothing has this");
    assertEquals(0, browser.all("#failures tbody tr").size());
  }

  @Test
  void slice_ofSeveralVariables_isALine() throws IOException {
    browser.open(madeUp(new MadeUpSubject(List.of("B", "T", "H"), 5, 50)), 1280, 900, "light");
    browser.drawAll();
    String first = "return charts[0].instance.getOption().series[0]";
    Map<?, ?> line = (Map<?, ?>) browser.script(first);
    assertEquals("line", line.get("type"));
    assertEquals(5, ((List<?>) line.get("data")).size());
    browser.script(
        "const select = document.querySelectorAll('#speed .bar select')[2]; select.selectedIndex ="
            + " 0; select.dispatchEvent(new Event('change'))");
    Map<?, ?> cloud = (Map<?, ?>) browser.script(first);
    assertEquals("scatter", cloud.get("type"));
    assertEquals(25, ((List<?>) cloud.get("data")).size());
  }

  @Test
  void choice_amongSeveralRuns_showsTheOther() throws IOException {
    browser.open(
        madeUp(new MadeUpSubject(List.of("T"), 5, 50), new MadeUpSubject(List.of("T"), 5, 70)),
        1280,
        900,
        "light");
    assertEquals("50", browser.one(".tile .value").getText());
    browser.script(
        "const select = document.querySelector('#choice select'); select.selectedIndex = 1;"
            + " select.dispatchEvent(new Event('change'))");
    assertEquals("70", browser.one(".tile .value").getText());
    assertEquals(List.of(), browser.complaints());
  }

  private static Comparison.Side side(String name) {
    return new Comparison.Side(
        name, "out/" + name, "made-up", "2026-11-29", "a GPU", "gpu", 1, Map.of("driver", name));
  }

  private static Comparison.Shape shape(long length, double ratio) {
    return new Comparison.Shape(
        List.of(length),
        Known.of(0.25),
        1e-5 * ratio,
        1e-5,
        ratio,
        0.02,
        Comparison.Verdict.of(ratio, 0.02),
        Known.not("no vendor"),
        Known.not("no vendor"));
  }

  @Test
  void report_ofAComparison_isFlawless() throws IOException {
    Comparison comparison =
        new Comparison(
            side("before"),
            side(MadeUpSubject.HOSTILE),
            List.of("T"),
            List.of(shape(1, 0.9), shape(5, 1), shape(9, 1.2), shape(13, 1.01)),
            Known.of(1.02),
            1.03,
            0.9,
            List.of(1L),
            0.01,
            "assumed",
            Comparison.Verdict.FASTER);
    Path page = Files.write(folder.resolve("compared.html"), ReportPage.of(comparison));
    assertFlawless(page);
    assertEquals("B is faster", browser.one(".tile .value").getText());
    String colours =
        "return charts[0].instance.getOption().series.map(series => series.data.length)";
    assertEquals(List.of(1L, 2L, 1L), browser.script(colours));
    browser.one("#shapes summary").click();
    browser.await("return document.querySelectorAll('#shapes tbody tr').length === 4");
  }

  /** No measure of speed: a page that hangs is given up. */
  @Test
  void report_ofThousandsOfTrials_isDrawn() throws IOException {
    browser.open(madeUp(new MadeUpSubject(List.of("T"), 128, 5000)), 1280, 900, "light");
    browser.drawAll();
    assertEquals(List.of(), browser.complaints());
  }
}
