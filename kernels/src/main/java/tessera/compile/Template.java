package tessera.compile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Template files on the class path, and the named constants that fill them. */
public final class Template {
  private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"(.*)\"\\R");

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

  /**
   * The text of a resource with those that it includes by {@code #include "name"} in their places.
   */
  public static String expanded(Class<?> beside, String name) {
    return INCLUDE
        .matcher(resource(beside, name))
        .replaceAll(
            include -> {
              Path included = Path.of(name).resolveSibling(include.group(1)).normalize();
              return Matcher.quoteReplacement(expanded(beside, included.toString()));
            });
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
