package tessera.storage;

import java.io.IOException;
import tessera.EnvironmentFault;
import tessera.UserError;

/** What is said of a place that storage refuses. */
public final class StorageFailure {
  private StorageFailure() {}

  /**
   * @param failure which place, and what cannot be done with it
   * @param remedy what a user can do where the refusal is a user's to mend
   * @return a {@link UserError}; an {@link EnvironmentFault} where the storage is away
   */
  public static RuntimeException of(String failure, IOException cause, String remedy) {
    return cause instanceof StorageAway away
        ? new EnvironmentFault(
            failure
                + " ("
                + away.getReason()
                + "); see that its address is right and that the storage is up",
            away)
        : UserError.of(failure, cause, remedy);
  }
}
