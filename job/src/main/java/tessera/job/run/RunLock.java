package tessera.job.run;

import tessera.UserError;
import tessera.job.lock.PlaceLock;
import tessera.job.records.RunFolder;

/** Lets one process at a time work on a run: two that went on with it would mix their rounds. */
public final class RunLock {
  private static final String NAME = "tuning";

  private RunLock() {}

  /**
   * @throws UserError where another process works on it
   */
  public static PlaceLock hold(RunFolder run) {
    PlaceLock.Attempt attempt = PlaceLock.attempt(run.path(), NAME);
    return attempt
        .lock()
        .orElseThrow(
            () ->
                new UserError(
                    attempt.holder()
                        + " works on the run "
                        + run.name()
                        + "; wait for it or stop it, and then go on with "
                        + run.resumption()));
  }
}
