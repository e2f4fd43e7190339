package tessera.compile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Template files on the class path, and the named constants that fill them. */
public final class Template {
  private Template() {}

  /** The text of a resource beside a class. */
  public static String resource(Class<?> beside, String name) {
    try (InputStream in = beside.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(
            "resource " + name + " is missing beside " + beside.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One {@code #define} for each constant. */
  public static String defines(Map<String, String> constants) {
    StringBuilder text = new StringBuilder();
    new LinkedHashMap<>(constants)
        .forEach(
            (name, value) ->
                text.append("#define ").append(name).append(' ').append(value).append('\n'));
    return text.toString();
  }

  /** One {@code #undef} for each constant. */
  public static String undefines(Map<String, String> constants) {
    StringBuilder text = new StringBuilder();
    constants.keySet().forEach(name -> text.append("#undef ").append(name).append('\n'));
    return text.toString();
  }
}
