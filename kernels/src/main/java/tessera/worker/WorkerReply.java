package tessera.worker;

import java.util.List;
import tessera.measure.Outcome;
import tessera.measure.Timing;

/**
 * What a worker process answers.
 *
 * @param culprit the index of the function that failed; {@link Pulse#NONE} when none did, or nobody
 *     knows
 * @param timings for each problem, for each function
 */
public record WorkerReply(
    Outcome outcome,
    String message,
    int culprit,
    long verifyNanos,
    long timeNanos,
    List<List<Timing>> timings) {
  /** All were right, and timed. */
  public static WorkerReply ok(long verifyNanos, long timeNanos, List<List<Timing>> timings) {
    return new WorkerReply(Outcome.OK, "", Pulse.NONE, verifyNanos, timeNanos, timings);
  }

  /**
   * One of them failed.
   *
   * @param culprit its index, or {@link Pulse#NONE}
   */
  public static WorkerReply failed(Outcome outcome, String message, int culprit) {
    return new WorkerReply(outcome, message, culprit, 0, 0, List.of());
  }

  /** One of them was wrong, which took so long to find out. */
  public static WorkerReply incorrect(String message, int culprit, long verifyNanos) {
    return new WorkerReply(Outcome.INCORRECT, message, culprit, verifyNanos, 0, List.of());
  }
}
