package tessera.job.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tessera.Json;
import tessera.analysis.Recording;
import tessera.analysis.figures.Comparison;
import tessera.analysis.figures.Known;

/** The HTML file: its resources and its data, all in one, so that it fetches nothing. */
public final class ReportPage {
  private static final String LIBRARY = "/META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";

  /** In the order in which they use each other. */
  private static final List<String> SCRIPTS =
      List.of(
          "dom",
          "charts",
          "shapes",
          "speed",
          "dispatch",
          "search",
          "hardware",
          "trust",
          "failures",
          "compare",
          "page");

  private static final Pattern HOLE = Pattern.compile("\\$\\{(\\w+)}");

  /** More digits than a chart shows, and half of those that a double has. */
  private static final MathContext DIGITS = new MathContext(5);

  private static final ObjectMapper JSON =
      Json.MESSAGES
          .copy()
          .registerModule(
              new SimpleModule()
                  .addSerializer(double[].class, new Doubles())
                  .addSerializer(double.class, new Number())
                  .addSerializer(Double.class, new Number()));

  private ReportPage() {}

  /** One of the two. */
  private record Data(List<Subject> subjects, Known<Comparison> comparison) {}

  /** The page of some runs and bundles, in UTF-8; at least one. */
  public static byte[] of(List<Recording> recordings) {
    List<Subject> subjects = recordings.stream().map(SubjectReader::read).toList();
    return page(subjects, today()).getBytes(StandardCharsets.UTF_8);
  }

  /** The page of a comparison, in UTF-8. */
  public static byte[] of(Comparison comparison) {
    String title = comparison.a().name() + " and " + comparison.b().name();
    return page(title, new Data(List.of(), Known.of(comparison)), today())
        .getBytes(StandardCharsets.UTF_8);
  }

  private static LocalDate today() {
    return LocalDate.now(ZoneId.systemDefault());
  }

  static String page(List<Subject> subjects, LocalDate date) {
    return page(subjects.get(0).title(), new Data(subjects, Known.not("")), date);
  }

  private static String page(String title, Data data, LocalDate date) {
    Map<String, String> parts =
        Map.of(
            "title", escaped(title + " – Tessera report"),
            "style", resource("page.css"),
            "date", date.toString(),
            "data", json(data),
            "library", resource(LIBRARY),
            "script",
                SCRIPTS.stream()
                    .map(name -> resource(name + ".js"))
                    .collect(Collectors.joining("\n")));
    // in one pass: what is filled in may look like a hole
    Matcher hole = HOLE.matcher(resource("page.html"));
    return hole.replaceAll(found -> Matcher.quoteReplacement(parts.get(found.group(1))));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  /** JSON that no HTML parser ends early: it has no tag and no comment. */
  private static String json(Data data) {
    try {
      return JSON.writeValueAsString(data).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String resource(String name) {
    try (InputStream file = ReportPage.class.getResourceAsStream(name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A number with few digits; null where there is none. */
  private static void write(double value, JsonGenerator to) throws IOException {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      to.writeNull();
    } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      to.writeNumber((long) value);
    } else {
      to.writeNumber(new BigDecimal(value, DIGITS).doubleValue());
    }
  }

  private static final class Number extends JsonSerializer<Double> {
    @Override
    public void serialize(Double value, JsonGenerator to, SerializerProvider provider)
        throws IOException {
      write(value, to);
    }
  }

  private static final class Doubles extends JsonSerializer<double[]> {
    @Override
    public void serialize(double[] values, JsonGenerator to, SerializerProvider provider)
        throws IOException {
      to.writeStartArray();
      for (double value : values) {
        write(value, to);
      }
      to.writeEndArray();
    }
  }
}
