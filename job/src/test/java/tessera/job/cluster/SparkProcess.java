package tessera.job.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program of Spark's that runs, with what it has printed so far. */
public final class SparkProcess {
  private final Process process;
  private final Path out;
  private final Path err;

  private SparkProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * @param logs what it prints goes to this file's name with .out and .err
   */
  static SparkProcess start(ProcessBuilder command, Path logs) throws IOException {
    Path out = logs.resolveSibling(logs.getFileName() + ".out");
    Path err = logs.resolveSibling(logs.getFileName() + ".err");
    command.redirectOutput(out.toFile()).redirectError(err.toFile());
    command.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    return new SparkProcess(command.start(), out, err);
  }

  /** The process, which may be killed or stopped. */
  public ProcessHandle handle() {
    return process.toHandle();
  }

  /** Standard output so far. */
  public String out() {
    return text(out);
  }

  /** Standard error so far: Spark's log, and what Tessera says of errors. */
  public String err() {
    return text(err);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for its end. */
  public int exitCode(Duration limit) throws InterruptedException, TimeoutException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new TimeoutException("still running; it printed\n" + out() + err());
    }
    return process.exitValue();
  }

  /** Waits for a line that it prints; the answer is the pattern's first group. */
  public String await(Pattern line, Duration limit) throws InterruptedException, TimeoutException {
    return await(
        () -> {
          Matcher found = line.matcher(out() + err());
          return found.find() ? Optional.of(found.group(1)) : Optional.empty();
        },
        limit,
        () -> "no line has " + line + " in\n" + out() + err(),
        process::isAlive);
  }

  static <T> T await(
      Supplier<Optional<T>> answer,
      Duration limit,
      Supplier<String> otherwise,
      Supplier<Boolean> mayCome)
      throws InterruptedException, TimeoutException {
    Instant end = Instant.now().plus(limit);
    while (true) {
      boolean last = !mayCome.get() || Instant.now().isAfter(end);
      Optional<T> found = answer.get();
      if (found.isPresent()) {
        return found.get();
      }
      if (last) {
        throw new TimeoutException(otherwise.get());
      }
      Thread.sleep(100);
    }
  }
}
