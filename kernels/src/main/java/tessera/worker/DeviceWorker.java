package tessera.worker;

import java.time.Duration;

/** What checks and times functions on one device, one call after the other. */
public interface DeviceWorker extends AutoCloseable {
  /**
   * The reply; a failure is one too.
   *
   * @param step the longest time without progress
   * @param deadline the longest time of all
   */
  WorkerReply call(WorkerRequest request, Duration step, Duration deadline);

  /**
   * The reply to a request of which nothing is known but how long it may take.
   *
   * @param deadline the longest time of the call, and of each of its steps
   */
  default WorkerReply call(WorkerRequest request, Duration deadline) {
    return call(request, deadline, deadline);
  }

  /** For good; a call that is under way is not waited for, and ends as NOT_RUN. */
  @Override
  void close();
}
