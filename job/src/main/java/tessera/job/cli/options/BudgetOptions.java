package tessera.job.cli.options;

import java.util.Optional;
import picocli.CommandLine.Option;
import tessera.UserError;
import tessera.workload.Budget;

/** What takes the place of a run's budget. */
public final class BudgetOptions {
  @Option(
      names = "--trials",
      description =
          "The most candidates to measure for a bundle; replaces the budget's and leaves the effort"
              + " as it is.")
  private Optional<Integer> trials = Optional.empty();

  @Option(
      names = "--seconds",
      description =
          "The most seconds to take for a bundle, start to bundle; replaces the budget's and leaves"
              + " the effort as it is.")
  private Optional<Double> seconds = Optional.empty();

  /**
   * @throws UserError where one is not positive
   */
  public Budget.Limits limits() {
    if (trials.filter(most -> most < 1).isPresent()) {
      throw new UserError("--trials must be at least 1, not " + trials.get());
    }
    if (seconds.filter(most -> !(most > 0)).isPresent()) {
      throw new UserError("--seconds must be positive, not " + seconds.get());
    }
    return new Budget.Limits(trials, seconds);
  }
}
