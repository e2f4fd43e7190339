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
 * @param versions of the library of each function, as it says it; empty where it does not, and for
 *     what is no vendor's; none where a function failed
 */
public record WorkerReply(
    Outcome outcome,
    String message,
    int culprit,
    long verifyNanos,
    long timeNanos,
    List<List<Timing>> timings,
    List<String> versions) {
  /** All were right, and timed. */
  public static WorkerReply ok(long verifyNanos, long timeNanos, List<List<Timing>> timings) {
    return ok(verifyNanos, timeNanos, timings, List.of());
  }

  /** The same of functions some of which are vendors'. */
  public static WorkerReply ok(
      long verifyNanos, long timeNanos, List<List<Timing>> timings, List<String> versions) {
    return new WorkerReply(Outcome.OK, "", Pulse.NONE, verifyNanos, timeNanos, timings, versions);
  }

  /**
   * One of them failed.
   *
   * @param culprit its index, or {@link Pulse#NONE}
   */
  public static WorkerReply failed(Outcome outcome, String message, int culprit) {
    return new WorkerReply(outcome, message, culprit, 0, 0, List.of(), List.of());
  }

  /** One of them was wrong, which took so long to find out. */
  public static WorkerReply incorrect(String message, int culprit, long verifyNanos) {
    return new WorkerReply(
        Outcome.INCORRECT, message, culprit, verifyNanos, 0, List.of(), List.of());
  }
}
