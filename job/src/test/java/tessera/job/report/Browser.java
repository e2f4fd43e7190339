package tessera.job.report;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Debian's Chromium without a screen, showing one page. */
final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  static void assumeThere() {
    assumeTrue(
        Files.exists(CHROMIUM) && Files.exists(DRIVER),
        "Chromium is not here: apt-get install chromium chromium-driver");
  }

  static Browser start() {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(DRIVER.toFile())
            .usingAnyFreePort()
            .build();
    return new Browser(new ChromeDriver(service, options));
  }

  ChromeDriver driver() {
    return driver;
  }

  /**
   * Shows a page as a screen of a size does.
   *
   * @param theme light or dark
   */
  void open(Path page, int width, int height, String theme) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
    complaints();
    driver.manage().logs().get(LogType.PERFORMANCE);
    driver.get(page.toUri().toString());
  }

  List<WebElement> all(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  WebElement one(String selector) {
    return driver.findElement(By.cssSelector(selector));
  }

  /** What a script gives. */
  Object script(String text, Object... arguments) {
    return driver.executeScript(text, arguments);
  }

  /** Scrolls through the page, so that all of its charts are drawn. */
  void drawAll() {
    script("drawAll()");
    await("return charts.every(chart => chart.instance)");
  }

  /** Waits until a script gives true; the driver gives up after half a minute. */
  void await(String condition) {
    driver.executeAsyncScript(
        "const done = arguments[0]; const holds = () => {"
            + condition
            + "}; const look = () => holds() ? done() : setTimeout(look, 50); look()");
  }

  /** What the page wrote to the console since the last call, of warnings and errors. */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(entry -> entry.getMessage())
        .toList();
  }

  /** What the page asked for since the last call, but for itself. */
  List<String> requests(Path page) {
    return driver.manage().logs().get(LogType.PERFORMANCE).getAll().stream()
        .map(entry -> entry.getMessage())
        .filter(message -> message.contains("\"Network.requestWillBeSent\""))
        .filter(message -> !message.contains("\"url\":\"" + page.toUri() + "\""))
        .toList();
  }

  /** What axe calls serious or critical. */
  @SuppressWarnings("unchecked")
  List<String> barriers() throws IOException {
    try (InputStream axe = Browser.class.getResourceAsStream("/axe.min.js")) {
      script(new String(axe.readAllBytes(), StandardCharsets.UTF_8) + ";window.axe = axe");
    }
    List<Map<String, Object>> found =
        (List<Map<String, Object>>)
            driver.executeAsyncScript(
                "const done = arguments[0]; axe.run(document).then(found =>"
                    + " done(found.violations.map(it => ({id: it.id, impact: it.impact, nodes:"
                    + " it.nodes.slice(0, 3).map(node => node.html + node.failureSummary)}))))");
    return found.stream()
        .filter(it -> List.of("serious", "critical").contains(it.get("impact")))
        .map(Object::toString)
        .toList();
  }

  @Override
  public void close() {
    driver.quit();
  }
}
