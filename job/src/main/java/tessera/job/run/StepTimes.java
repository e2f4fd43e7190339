package tessera.job.run;

import java.util.ArrayList;
import java.util.List;
import tessera.job.records.RunResult;

/** How long the steps of a run took, one after another. */
final class StepTimes {
  /** What comes before the first step. */
  private static final String START = "starting";

  private final List<RunResult.Step> ended = new ArrayList<>();
  private String current = START;
  private double since;

  /**
   * The run comes to a step; it may be in it already.
   *
   * @param now seconds since the start
   */
  void enter(String step, double now) {
    if (!step.equals(current)) {
      ended.add(new RunResult.Step(current, now - since));
      current = step;
      since = now;
    }
  }

  /** All steps until now, that of now with the seconds that it has taken. */
  List<RunResult.Step> until(double now) {
    List<RunResult.Step> all = new ArrayList<>(ended);
    all.add(new RunResult.Step(current, now - since));
    return all;
  }
}
