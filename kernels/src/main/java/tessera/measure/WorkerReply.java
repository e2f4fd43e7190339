package tessera.measure;

import java.util.List;

/**
 * What a worker process answers.
 *
 * @param timings for each shape, for each function
 */
public record WorkerReply(
    Outcome outcome, String message, long verifyNanos, long timeNanos, List<List<Timing>> timings) {
  static WorkerReply failed(Outcome outcome, String message) {
    return new WorkerReply(outcome, message, 0, 0, List.of());
  }
}
