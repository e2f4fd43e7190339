package tessera.compile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Runs a command with a deadline and a temporary folder of its own; at the deadline, and where this
 * process ends before, by itself or by SIGTERM, the command and all that it started are killed.
 * Where SIGKILL ends it, the command goes on to its end, and the folder goes then.
 */
public final class Subprocess {
  private static final int LONGEST_OUTPUT = 1 << 20;

  /** Commands by their temporary folders. */
  private static final Map<Path, Process> RUNNING = new ConcurrentHashMap<>();

  /** Shared while a command starts, so that the end of this process finds it among the running. */
  private static final ReadWriteLock STARTS = new ReentrantReadWriteLock();

  private static boolean ends;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Subprocess::endAll));
  }

  /** How a command ended. */
  public record Result(boolean timedOut, int exitCode, String output) {}

  private Subprocess() {}

  public static Result run(List<String> command, Path folder, Duration deadline)
      throws IOException {
    Path own = TemporaryFiles.folder("tessera-command");
    Path output = own.resolve("output.log");
    try {
      ProcessBuilder builder = confined(Confinement.limitedTidily(command));
      builder.environment().put("TMPDIR", own.toString());
      Process process =
          start(
              own,
              builder
                  .directory(folder.toFile())
                  .redirectErrorStream(true)
                  .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                  .redirectOutput(output.toFile()));
      boolean ended = await(process, deadline);
      return new Result(!ended, ended ? process.exitValue() : -1, head(output));
    } finally {
      RUNNING.remove(own);
      TemporaryFiles.delete(own);
    }
  }

  private static Process start(Path own, ProcessBuilder builder) throws IOException {
    STARTS.readLock().lock();
    try {
      if (ends) {
        throw new IOException("no command is started any more: the process ends");
      }
      Process process = builder.start();
      RUNNING.put(own, process);
      return process;
    } finally {
      STARTS.readLock().unlock();
    }
  }

  private static void endAll() {
    STARTS.writeLock().lock();
    ends = true;
    STARTS.writeLock().unlock();
    RUNNING.forEach(
        (own, process) -> {
          kill(process);
          TemporaryFiles.delete(own);
        });
  }

  /** For a confined command whose output is read: it speaks English, and its paths are UTF-8. */
  static ProcessBuilder builder(List<String> command) {
    return confined(Confinement.limited(command));
  }

  private static ProcessBuilder confined(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    Confinement.reduce(builder.environment());
    builder.environment().put("LC_ALL", "C.UTF-8");
    return builder;
  }

  private static boolean await(Process process, Duration deadline) {
    try {
      boolean ended = process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        kill(process);
      }
      return ended;
    } catch (InterruptedException e) {
      kill(process);
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Kills a process and its descendants. */
  static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static String head(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(LONGEST_OUTPUT), StandardCharsets.UTF_8);
    }
  }
}
