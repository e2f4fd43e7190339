package tessera.worker;

/** Verifies and times on one device, inside a worker process. */
public interface Runner {
  /**
   * @param pulse is told of every step
   */
  WorkerReply run(WorkerRequest request, Pulse pulse);
}
