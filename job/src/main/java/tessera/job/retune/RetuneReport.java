package tessera.job.retune;

import java.util.List;

/**
 * What a retune did, for people and machines.
 *
 * @param root the output root
 * @param bundles one for each workload and kind of hardware, in order
 */
public record RetuneReport(String root, boolean dryRun, int exitCode, List<Line> bundles) {
  /** How a workload on a kind of hardware ended. */
  public enum Verdict {
    /** Nothing to do. */
    UP_TO_DATE,
    /** No executor has its hardware. */
    NOT_HERE,
    /** Another bundle is in its place. */
    REPUBLISHED,
    /** It is stale or has drifted, and is still in place. */
    KEPT,
    /** Another process is at it. */
    HELD,
    /** It, or what would replace it, cannot be used: a mistake that somebody can mend. */
    MISTAKE,
    /** The machine or the cluster failed. */
    FAILED
  }

  /**
   * A workload on a kind of hardware.
   *
   * @param hardware the folder's name
   * @param model of the hardware; empty where the bundle cannot be read
   * @param bundle what is in place; empty where there was none
   * @param reasons why it is stale
   * @param unknown what an older bundle does not tell
   * @param canary what was measured of it; empty where nothing was
   * @param run that was made; empty where none was
   * @param published the new bundle; empty where there is none
   * @param words what became of it, in a sentence
   */
  public record Line(
      String workload,
      String hardware,
      String model,
      Verdict verdict,
      String bundle,
      List<String> reasons,
      List<String> unknown,
      List<CanaryFigures> canary,
      String run,
      String published,
      String words) {
    @Override
    public String toString() {
      return workload + " on " + hardware + ": " + words;
    }
  }

  /**
   * A canary.
   *
   * @param passes that looked
   * @param slowdown against the baseline and beside the reference; 0.08 is 8%
   * @param band up to which it is noise
   * @param referenceSlowdown of the machine's reference itself
   * @param seconds that it took
   * @param outcome OK, or how the call ended that failed
   */
  public record CanaryFigures(
      int passes,
      double slowdown,
      double band,
      double referenceSlowdown,
      double seconds,
      String outcome) {}

  /** Codes from {@link #code}. */
  public static final int REPUBLISHED = 10;

  public static final int KEPT = 11;
  public static final int HELD = 13;
  private static final int MISTAKE = 2;
  private static final int FAILED = 1;

  /** A failure counts most, then what is still stale, then what another process does. */
  static int code(List<Line> lines) {
    List<Verdict> verdicts = lines.stream().map(Line::verdict).toList();
    return verdicts.contains(Verdict.FAILED)
        ? FAILED
        : verdicts.contains(Verdict.MISTAKE)
            ? MISTAKE
            : verdicts.contains(Verdict.KEPT)
                ? KEPT
                : verdicts.contains(Verdict.HELD)
                    ? HELD
                    : verdicts.contains(Verdict.REPUBLISHED) ? REPUBLISHED : 0;
  }
}
