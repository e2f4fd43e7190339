package tessera.job.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import tessera.Json;

final class ReportPageTest {
  private static final int MOST_BYTES = 3_000_000;

  private static String page(MadeUpSubject... made) {
    List<Subject> subjects = List.of(made).stream().map(MadeUpSubject::subject).toList();
    return ReportPage.page(subjects, LocalDate.of(2026, 11, 29));
  }

  /** All that comes before the charts' library. */
  private static String own(String page) {
    return page.substring(0, page.indexOf("Licensed to the Apache"));
  }

  private static String between(String text, String begin, String end) {
    int from = text.indexOf(begin) + begin.length();
    return text.substring(from, text.indexOf(end, from));
  }

  @Test
  void page_ofHostileTexts_hasThemAsTextAlone() throws IOException {
    String page = page(new MadeUpSubject(List.of("T"), 9, 10));
    assertFalse(own(page).contains("alert(1)</script>"));
    assertFalse(own(page).contains("<img"));
    JsonNode data =
        Json.DOCUMENTS.readTree(
            between(page, "<script type=\"application/json\" id=\"data\">", "</script>"));
    assertEquals(
        MadeUpSubject.HOSTILE, data.path("subjects").path(0).path("remarks").path(0).asText());
  }

  @Test
  void page_ofNumbers_hasFewDigitsAndNoNaN() throws IOException {
    JsonNode subject =
        Json.DOCUMENTS
            .readTree(
                between(page(new MadeUpSubject(List.of("T"), 4, 10)), "id=\"data\">", "</script>"))
            .path("subjects")
            .path(0);
    assertTrue(subject.path("points").path("expected").path(0).isNull());
    String measured = subject.path("predictions").path("measured").path(0).asText();
    assertTrue(measured.matches("\\d(\\.\\d{1,4})?E-5"), measured);
  }

  /** The browser is told so; what the page's own scripts do is seen in a browser. */
  @Test
  void page_whatever_namesNothingToFetch() {
    String page = page(new MadeUpSubject(List.of("T"), 4, 10));
    assertTrue(page.contains("content=\"default-src 'none';"));
    for (String fetching : List.of("<img", "<link", "<script src", "url(", "@import")) {
      assertFalse(own(page).contains(fetching), fetching);
    }
    for (String hole : List.of("title", "style", "date", "data", "library", "script")) {
      assertFalse(page.contains("${" + hole + "}"), hole);
    }
  }

  @Test
  void page_ofAFullRun_isSmallEnoughToSend() {
    String page = page(new MadeUpSubject(List.of("T"), 128, 5000));
    int bytes = page.getBytes(StandardCharsets.UTF_8).length;
    assertTrue(bytes <= MOST_BYTES, bytes + " bytes");
    assertTrue(bytes > 1_000_000, "the charts' library is in it");
  }
}
