package tessera.measure;

/** Verifies and times on one device, inside a worker process. */
public interface Runner {
  WorkerReply run(WorkerRequest request);
}
