package tessera.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
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
