package tessera.job;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/**
 * A command that was run in this process, with what it printed.
 *
 * @param out on standard output
 * @param err on standard error
 */
public record Ran(int code, String out, String err) {
  /**
   * Runs a command.
   *
   * @param arguments as their texts
   */
  public static Ran of(Object... arguments) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream to = new PrintStream(said, true, StandardCharsets.UTF_8);
        PrintStream toErr = new PrintStream(complained, true, StandardCharsets.UTF_8)) {
      System.setOut(to);
      System.setErr(toErr);
      int code = Tessera.execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
      return new Ran(
          code, said.toString(StandardCharsets.UTF_8), complained.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** As {@link #of}, of a command whose last arguments differ from call to call. */
  public static Ran of(List<?> first, Object... more) {
    return of(Stream.concat(first.stream(), Stream.of(more)).toArray());
  }

  /** Of standard output. */
  public List<String> lines() {
    return out.lines().toList();
  }

  /** All that was printed, standard output first. */
  public String output() {
    return out + err;
  }
}
