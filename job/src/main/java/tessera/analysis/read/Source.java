package tessera.analysis.read;

import tessera.analysis.figures.Known;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.dispatch.DecisionTree;
import tessera.job.predict.Extrapolation;
import tessera.job.records.RunFolder;
import tessera.job.records.RunResult;
import tessera.operator.Operator;
import tessera.runtime.BundleManifest;
import tessera.storage.Place;
import tessera.workload.Workload;

/**
 * What there is of a tuning run: its folder, its bundle, or both.
 *
 * @param title the folder that was opened, by its name
 * @param workload without instances where those are not known
 * @param instances the workload with its instances
 */
public record Source(
    String title,
    Target target,
    Workload workload,
    Known<Workload> instances,
    Known<Run> run,
    Known<Published> bundle) {
  /** A run's folder and settings, and what it came to. */
  public record Run(RunFolder folder, RunFolder.Settings settings, Known<RunResult> result) {}

  /**
   * A bundle as it was published.
   *
   * @param timings seconds of [plan][instance]; NaN where a plan was not timed
   * @param instances the workload with the instances that it was tuned for
   */
  public record Published(
      Place folder,
      BundleManifest manifest,
      DecisionTree dispatch,
      Extrapolation.Table timings,
      Known<Workload> instances) {}

  public Hardware hardware() {
    return Hardware.of(target);
  }

  public Operator operator() {
    return workload.operator();
  }
}
