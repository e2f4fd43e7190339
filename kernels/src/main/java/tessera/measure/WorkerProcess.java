package tessera.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tessera.compile.Subprocess;

/**
 * A worker process seen from the executor: calls have a deadline, and a process that dies or hangs
 * is replaced.
 */
public final class WorkerProcess implements AutoCloseable {
  private final List<String> command;
  private Optional<Running> running = Optional.empty();

  public WorkerProcess(List<String> command) {
    this.command = List.copyOf(command);
  }

  /**
   * The reply, or RUN_FAILED where the process died, or RUN_TIMEOUT where it did not answer in
   * time.
   */
  public synchronized WorkerReply call(WorkerRequest request, Duration deadline) {
    try {
      if (running.isEmpty() || !running.get().process.isAlive()) {
        close();
        running = Optional.of(new Running(command));
      }
      return running.get().call(request, deadline);
    } catch (IOException e) {
      close();
      return WorkerReply.failed(
          Outcome.RUN_FAILED, "the measuring process could not be reached: " + e.getMessage());
    } catch (Died e) {
      close();
      return WorkerReply.failed(e.outcome, e.getMessage());
    }
  }

  @Override
  public synchronized void close() {
    running.ifPresent(Running::kill);
    running = Optional.empty();
  }

  private static final class Died extends Exception {
    private final Outcome outcome;

    Died(Outcome outcome, String message) {
      super(message);
      this.outcome = outcome;
    }
  }

  private static final class Running {
    private final Process process;
    private final Path errors;
    private final Writer requests;

    /** What a dying Java said of the signal, on the stream that replies come by. */
    private volatile String crash = "";

    private final BlockingQueue<Optional<String>> replies = new LinkedBlockingQueue<>();

    Running(List<String> command) throws IOException {
      errors = Files.createTempFile("tessera-worker", ".log");
      process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      requests = process.outputWriter(StandardCharsets.UTF_8);
      Thread reader = new Thread(this::read, "tessera-worker-replies");
      reader.setDaemon(true);
      reader.start();
    }

    private void read() {
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("{")) {
            replies.add(Optional.of(line));
          } else if (line.contains("SIG")) {
            crash = line.replaceAll("^[# ]+", "");
          }
        }
      } catch (IOException e) {
        // the process is gone; the empty reply below says so
      } finally {
        replies.add(Optional.empty());
      }
    }

    WorkerReply call(WorkerRequest request, Duration deadline) throws IOException, Died {
      try {
        requests.write(Worker.JSON.writeValueAsString(request) + "\n");
        requests.flush();
        Optional<String> reply = replies.poll(deadline.toMillis(), TimeUnit.MILLISECONDS);
        if (reply == null) {
          throw new Died(
              Outcome.RUN_TIMEOUT,
              "no answer within " + deadline.toSeconds() + " s; the process was killed");
        }
        if (reply.isEmpty()) {
          process.waitFor(5, TimeUnit.SECONDS);
          throw new Died(Outcome.RUN_FAILED, "the process died " + ending() + lastWords());
        }
        return Worker.JSON.readValue(reply.get(), WorkerReply.class);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Died(Outcome.RUN_TIMEOUT, "interrupted while measuring");
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
      try (var lines = Files.lines(errors)) {
        return lines
            .filter(line -> !line.isBlank())
            .limit(200)
            .reduce((first, second) -> second)
            .map(line -> ": " + line)
            .orElse("");
      } catch (IOException | UncheckedIOException e) {
        return "";
      }
    }

    void kill() {
      Subprocess.kill(process);
      try {
        Files.deleteIfExists(errors);
      } catch (IOException e) {
        errors.toFile().deleteOnExit();
      }
    }
  }
}
