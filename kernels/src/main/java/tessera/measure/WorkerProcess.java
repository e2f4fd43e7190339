package tessera.measure;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tessera.compile.AnsweringProcess;

/**
 * A worker process seen from the executor: calls have a deadline, and a process that dies or hangs
 * is replaced.
 */
public final class WorkerProcess implements AutoCloseable {
  private final List<String> command;
  private Optional<AnsweringProcess> running = Optional.empty();

  public WorkerProcess(List<String> command) {
    this.command = List.copyOf(command);
  }

  /**
   * The reply, or RUN_FAILED where the process died, or RUN_TIMEOUT where it did not answer in
   * time.
   */
  public synchronized WorkerReply call(WorkerRequest request, Duration deadline) {
    try {
      if (running.isEmpty() || !running.get().isAlive()) {
        close();
        running = Optional.of(new AnsweringProcess(command));
      }
      String answer = running.get().ask(Worker.JSON.writeValueAsString(request), deadline);
      return Worker.JSON.readValue(answer, WorkerReply.class);
    } catch (IOException e) {
      close();
      return WorkerReply.failed(
          Outcome.RUN_FAILED, "the measuring process could not be reached: " + e.getMessage());
    } catch (AnsweringProcess.Died e) {
      close();
      return WorkerReply.failed(
          e.timedOut() ? Outcome.RUN_TIMEOUT : Outcome.RUN_FAILED, e.getMessage());
    }
  }

  @Override
  public synchronized void close() {
    running.ifPresent(AnsweringProcess::close);
    running = Optional.empty();
  }
}
