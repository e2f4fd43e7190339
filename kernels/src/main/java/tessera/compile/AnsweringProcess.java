package tessera.compile;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A confined child process, with a temporary folder of its own, that answers each line with a line
 * that starts with a brace; whatever else it prints is ignored.
 */
public final class AnsweringProcess implements AutoCloseable {
  /** The process ended, or did not answer in time; it is of no more use. */
  public static final class Died extends Exception {
    private final boolean timedOut;

    private Died(boolean timedOut, String message) {
      super(message);
      this.timedOut = timedOut;
    }

    public boolean timedOut() {
      return timedOut;
    }
  }

  /** Says when an answer is not waited for any longer; asked many times a second. */
  @FunctionalInterface
  public interface Limit {
    /** Why the process is given up; empty while it is waited for. */
    Optional<String> reached();

    /** Waits for so long. */
    static Limit of(Duration deadline) {
      return of(deadline, System::nanoTime);
    }

    /**
     * Waits for so long by some clock.
     *
     * @param clock in nanoseconds
     */
    static Limit of(Duration deadline, LongSupplier clock) {
      long end = clock.getAsLong() + deadline.toNanos();
      return () ->
          clock.getAsLong() < end
              ? Optional.empty()
              : Optional.of("no answer within " + deadline.toSeconds() + " s");
    }
  }

  private static final long LOOK_MILLIS = 20;

  /** Of what a process wrote to its standard error, enough for its last line. */
  private static final long TAIL_BYTES = 1 << 16;

  private final Process process;
  private final Path folder;
  private final Path errors;
  private final Writer requests;

  /** What a dying Java said of the signal, on the stream that answers come by. */
  private volatile String crash = "";

  private final BlockingQueue<Optional<String>> answers = new LinkedBlockingQueue<>();

  public AnsweringProcess(List<String> command) throws IOException {
    this(command, Map.of());
  }

  /**
   * @param environment variables that the process gets beside those of this one
   */
  public AnsweringProcess(List<String> command, Map<String, String> environment)
      throws IOException {
    folder = TemporaryFiles.folder("tessera-process");
    errors = folder.resolve("errors.log");
    process = start(Subprocess.builder(inFolder(command)), environment);
    requests = process.outputWriter(StandardCharsets.UTF_8);
    Thread reader = new Thread(this::read, "tessera-answers");
    reader.setDaemon(true);
    reader.start();
  }

  /** Java does not look at TMPDIR. */
  private List<String> inFolder(List<String> command) {
    String shared = JavaCommand.temporaryFolder(System.getProperty("java.io.tmpdir"));
    String own = JavaCommand.temporaryFolder(folder.toString());
    return command.stream().map(part -> part.equals(shared) ? own : part).toList();
  }

  private Process start(ProcessBuilder builder, Map<String, String> environment)
      throws IOException {
    builder.environment().putAll(environment);
    builder.environment().put("TMPDIR", folder.toString());
    builder.environment().put(Confinement.FOLDER, folder.toString());
    try {
      return builder.redirectError(errors.toFile()).start();
    } catch (IOException e) {
      TemporaryFiles.delete(folder);
      throw e;
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("{")) {
          answers.add(Optional.of(line));
        } else if (line.contains("SIG")) {
          crash = line.replaceAll("^[# ]+", "");
        }
      }
    } catch (IOException e) {
      // the process is gone; the empty answer below says so
    } finally {
      answers.add(Optional.empty());
    }
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public long pid() {
    return process.pid();
  }

  /**
   * The answer to a line.
   *
   * @throws IOException when the process cannot be written to
   */
  public String ask(String line, Limit limit) throws IOException, Died {
    try {
      requests.write(line + "\n");
      requests.flush();
      Optional<String> answer = answers.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      while (answer == null) {
        Optional<String> reason = limit.reached();
        if (reason.isPresent()) {
          throw new Died(true, reason.get() + "; the process was killed");
        }
        answer = answers.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
      if (answer.isEmpty()) {
        process.waitFor(5, TimeUnit.SECONDS);
        throw new Died(false, "the process died " + ending() + lastWords());
      }
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Died(true, "interrupted while waiting for an answer");
    }
  }

  private String ending() {
    int code = process.isAlive() ? 0 : process.exitValue();
    return code > 128 ? "by signal " + (code - 128) : "with exit code " + code;
  }

  private String lastWords() {
    if (!crash.isEmpty()) {
      return ": " + crash;
    }
    try (InputStream in = Files.newInputStream(errors)) {
      in.skipNBytes(Math.max(0, Files.size(errors) - TAIL_BYTES));
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank())
          .reduce((first, second) -> second)
          .map(line -> ": " + line)
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  /** Kills the process. */
  @Override
  public void close() {
    Subprocess.kill(process);
    TemporaryFiles.delete(folder);
  }
}
