package tessera.job.deliver;

import java.util.List;
import java.util.Optional;
import tessera.dispatch.Regret;
import tessera.job.records.RunResult;

/**
 * What the delivered dispatcher loses on instances that nothing was timed on before.
 *
 * @param wanted such instances that were to be timed
 * @param timed those that there was time for, and on which the dispatched kernel works
 * @param regret on these; empty where there are none
 * @param shapes each of these
 * @param failure why nothing is known of them; empty where the timing did not fail
 */
public record HeldOut(
    int wanted,
    int timed,
    Optional<Regret> regret,
    List<RunResult.HeldOut> shapes,
    Optional<String> failure) {
  static HeldOut none(int wanted) {
    return new HeldOut(wanted, 0, Optional.empty(), List.of(), Optional.empty());
  }

  static HeldOut failed(String why) {
    return new HeldOut(0, 0, Optional.empty(), List.of(), Optional.of(why));
  }
}
