package tessera.job.tune;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import tessera.EnvironmentFault;
import tessera.UserError;

/**
 * The runs of one workload, one for each kind of hardware, one after the other. Each is tried,
 * whatever became of those before it.
 */
public final class KindRuns {
  /**
   * @param hardware in words
   * @param tune gives the exit code
   */
  public record Run(String hardware, IntSupplier tune) {}

  private final BooleanSupplier interrupted;
  private final Consumer<String> remarks;

  /**
   * @param interrupted whether a run that fails does so since the process ends
   * @param remarks hears of each run that fails
   */
  public KindRuns(BooleanSupplier interrupted, Consumer<String> remarks) {
    this.interrupted = interrupted;
    this.remarks = remarks;
  }

  /**
   * @return the worst exit code
   * @throws UserError where a run ended in one
   * @throws EnvironmentFault where a run failed for any other reason
   */
  public int all(List<Run> runs) {
    int worst = 0;
    List<String> failed = new ArrayList<>();
    Optional<RuntimeException> failure = Optional.empty();
    for (Run run : runs) {
      try {
        worst = Math.max(worst, run.tune().getAsInt());
      } catch (RuntimeException e) {
        if (runs.size() == 1 || interrupted.getAsBoolean()) {
          throw e;
        }
        remarks.accept("the run for " + run.hardware() + " failed: " + reason(e));
        failed.add(run.hardware());
        failure =
            failure.filter(before -> UserError.in(before).isPresent()).or(() -> Optional.of(e));
      }
    }
    failure.ifPresent(
        cause -> {
          throw summary("there is no bundle for " + String.join(", nor for ", failed), cause);
        });
    return worst;
  }

  private static String reason(RuntimeException failure) {
    return UserError.in(failure)
        .map(Throwable::getMessage)
        .or(() -> EnvironmentFault.in(failure).map(Throwable::getMessage))
        .orElseGet(failure::toString);
  }

  private static RuntimeException summary(String sentence, RuntimeException cause) {
    String whole = sentence + "; why is said above";
    return UserError.in(cause).isPresent()
        ? new UserError(whole, cause)
        : new EnvironmentFault(whole, cause);
  }
}
