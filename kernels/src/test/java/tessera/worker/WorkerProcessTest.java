package tessera.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.measure.Outcome;
import tessera.measure.TimingPolicy;
import tessera.operator.Epilogue;
import tessera.operator.Numerics;

final class WorkerProcessTest {
  private static final WorkerRequest REQUEST =
      new WorkerRequest(
          Epilogue.NONE,
          Numerics.FLOAT32,
          List.of(),
          List.of(),
          List.of(),
          TimingPolicy.onCpu(1, 1),
          1);

  @TempDir private Path folder;

  /** A process that ends itself so many times, each of which makes a file longer, then answers. */
  private WorkerReply afterEnds(String how, int times) {
    String script =
        "read x; echo end >>ends; test $(wc -l <ends) -gt "
            + times
            + " || "
            + how
            + " $$; echo '"
            + Json.line(WorkerReply.ok(1, 2, List.of()))
            + "'";
    List<String> command = List.of("sh", "-c", "cd " + folder + "; " + script);
    try (WorkerProcess worker = new WorkerProcess(command)) {
      return worker.call(REQUEST, Duration.ofMinutes(2));
    }
  }

  @Test
  void call_processThatIsKilledOnce_isAnsweredByAnother() {
    assertEquals(WorkerReply.ok(1, 2, List.of()), afterEnds("kill -9", 1));
  }

  @Test
  void call_processThatDiesEachTime_isGivenUpAfterTwo() throws IOException {
    WorkerReply reply = afterEnds("kill -9", 9);
    assertEquals(
        WorkerReply.failed(Outcome.RUN_FAILED, "the process died by signal 9", Pulse.NONE), reply);
    assertEquals(2, Files.readAllLines(folder.resolve("ends")).size());
  }

  /** As by somebody who looks at it with a debugger. */
  @Test
  void call_processThatASignalStops_isAnsweredByAnother() {
    assertEquals(WorkerReply.ok(1, 2, List.of()), afterEnds("kill -STOP", 1));
  }

  @Test
  void call_processThatASignalStopsEachTime_isGivenUpAfterTwo() throws IOException {
    String message = "a signal had stopped it; the process was killed";
    assertEquals(
        WorkerReply.failed(Outcome.RUN_TIMEOUT, message, Pulse.NONE), afterEnds("kill -STOP", 9));
    assertEquals(2, Files.readAllLines(folder.resolve("ends")).size());
  }

  /** One endless line, of which tail keeps all. */
  @Test
  void call_processThatAllocatesWithoutEnd_isKilledAndARunThatFailed() {
    List<String> command = List.of("sh", "-c", "read x; exec tail /dev/zero");
    try (WorkerProcess worker = new WorkerProcess(command, 200_000_000)) {
      WorkerReply reply = worker.call(REQUEST, Duration.ofMinutes(2));
      assertEquals(Outcome.RUN_FAILED, reply.outcome());
      assertTrue(
          reply
              .message()
              .matches(
                  "it held [\\d.]+ [MG]B of memory, more than the 200.0 MB that it may; the process was killed"),
          reply.message());
    }
  }
}
