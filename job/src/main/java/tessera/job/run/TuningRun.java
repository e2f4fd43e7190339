package tessera.job.run;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import tessera.backend.Target;
import tessera.job.predict.Extrapolation;
import tessera.job.records.RunFolder;
import tessera.job.spark.SparkMeasurer;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;
import tessera.workload.Workload;

/** What all stages of one run share. */
public record TuningRun(
    SparkSession spark,
    Device device,
    Workload workload,
    RunFolder.Settings settings,
    RunFolder folder,
    Path out,
    Progress progress) {
  public Target target() {
    return settings.target();
  }

  public SearchSpace space() {
    return device.backend().space(workload);
  }

  /** Roughly the speed that the device can reach. */
  public double peakGflops() {
    return device.backend().peakGflops(workload);
  }

  /**
   * @param shapes what candidates are timed on; empty for their own probes
   */
  public SparkMeasurer measurer(List<GemmShape> shapes) {
    JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
    return new SparkMeasurer(
        context,
        workload,
        target(),
        trialPolicy(),
        shapes,
        settings.seed(),
        settings.budget().seconds());
  }

  /**
   * @param known seconds of each kernel on measured instances, NaN where it was not
   */
  public Extrapolation prices(List<MicroKernel> kernels, Extrapolation.Table known) {
    return new Extrapolation(space(), workload, settings.threads(), kernels, known);
  }

  /** How one candidate is timed. */
  TimingPolicy trialPolicy() {
    return device.backend().policy(workload, TimingPolicy.TRIAL_ROUNDS, 1);
  }
}
