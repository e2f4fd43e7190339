package tessera.workload;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tessera.UserError;

/** Whether kernels read constant weights that were prepared once: {@code prepare} of a file. */
public enum Preparation {
  /** Every call reads the weights as they are. */
  NEVER,
  /** Some kernels read weights as they are, others weights that were packed once. */
  TOO,
  /** Kernels may read weights that were packed once, before the calls. */
  ONLY;

  /** Where a file does not say, and the target has a choice. */
  public static final Preparation USUAL = TOO;

  /** The keys, in order. */
  private static List<String> keys() {
    return Arrays.stream(values()).map(Preparation::key).toList();
  }

  /**
   * @throws UserError naming those that there are
   */
  public static Preparation of(String key) {
    return Arrays.stream(values())
        .filter(one -> one.key().equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    "prepare " + UserError.quoted(key) + " is unknown; it is one of " + keys()));
  }

  /** Its name in workload files and manifests. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
