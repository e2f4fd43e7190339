package tessera.job.records;

import java.util.List;

/**
 * {@code result.json} of a run: what it delivered, and what that took. A run that was interrupted
 * or failed has none.
 *
 * @param schemaVersion of this record; readers pass over a newer one; version 1 knows no waits
 * @param bundle where the bundle was published
 * @param seconds from start to end; of a resumed run from where it went on
 * @param waitedSeconds of these in which others used its devices, which its budget does not count
 * @param measuringSeconds in which devices verified and timed candidates, all devices together
 * @param busyShare of the measuring rounds in which devices verified or timed, in the mean
 * @param contestants micro-kernels that were timed on real instances
 * @param heldOut what dispatch loses on shapes that nothing was timed on before
 * @param steps one after another, from the start
 */
public record RunResult(
    int schemaVersion,
    String bundle,
    double seconds,
    double waitedSeconds,
    double measuringSeconds,
    double busyShare,
    int contestants,
    List<HeldOut> heldOut,
    List<Step> steps) {
  public static final int SCHEMA_VERSION = 2;

  /** The same with its bundle elsewhere. */
  public RunResult at(String place) {
    return new RunResult(
        schemaVersion,
        place,
        seconds,
        waitedSeconds,
        measuringSeconds,
        busyShare,
        contestants,
        heldOut,
        steps);
  }

  /**
   * A shape that was held out.
   *
   * @param values of the shape variables
   * @param regret time of the dispatched plan over that of the fastest, less 1
   */
  public record HeldOut(List<Long> values, double weight, double regret) {}

  /** A step of the run. */
  public record Step(String name, double seconds) {}
}
