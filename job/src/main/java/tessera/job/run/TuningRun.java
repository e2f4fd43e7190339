package tessera.job.run;

import java.util.List;
import java.util.Optional;
import tessera.backend.Hardware;
import tessera.backend.LibraryBuilder;
import tessera.backend.Peer;
import tessera.backend.Target;
import tessera.dispatch.DecisionTree;
import tessera.effort.EffortRow;
import tessera.integrity.SigningKey;
import tessera.job.predict.Extrapolation;
import tessera.job.records.RunFolder;
import tessera.job.search.ComparisonTimer;
import tessera.job.search.Measurer;
import tessera.job.spark.Cluster;
import tessera.job.spark.SparkMeasurer;
import tessera.job.warm.WarmStart;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Problem;
import tessera.storage.Place;
import tessera.trial.BundleTimer;
import tessera.workload.Instance;
import tessera.workload.Preparation;
import tessera.workload.Workload;

/**
 * What all stages of one run share.
 *
 * @param memoryBytes that operands and output may take on the device
 * @param signingKey signs the bundle; it stays in this process and is kept nowhere
 * @param warm the former runs that it begins with
 * @param peers libraries to compare its bundle with, beside those that are found
 */
public record TuningRun(
    Cluster cluster,
    Hardware hardware,
    long memoryBytes,
    Workload workload,
    RunFolder.Settings settings,
    RunFolder folder,
    Place out,
    Optional<SigningKey> signingKey,
    Progress progress,
    WarmStart warm,
    List<Peer> peers) {
  /** Of shapes beyond the range: other programs and what rotates through caches have memory too. */
  private static final double MEMORY_SHARE = 0.5;

  /** One that begins with nothing. */
  public TuningRun(
      Cluster cluster,
      Hardware hardware,
      long memoryBytes,
      Workload workload,
      RunFolder.Settings settings,
      RunFolder folder,
      Place out,
      Optional<SigningKey> signingKey,
      Progress progress) {
    this(
        cluster,
        hardware,
        memoryBytes,
        workload,
        settings,
        folder,
        out,
        signingKey,
        progress,
        WarmStart.NONE,
        List.of());
  }

  /**
   * The same for prepared weights alone, with half of the budget, and a folder in this one's for
   * what it logs.
   */
  public TuningRun preparedOnly() {
    return with(
        workload.preparing(Preparation.ONLY),
        settings.withBudget(settings.budget().half()),
        folder.prepared());
  }

  /** The same for weights as they are alone. */
  public TuningRun plainOnly() {
    return with(workload.preparing(Preparation.NEVER), settings, folder);
  }

  private TuningRun with(
      Workload otherWorkload, RunFolder.Settings otherSettings, RunFolder otherFolder) {
    return new TuningRun(
        cluster,
        hardware,
        memoryBytes,
        otherWorkload,
        otherSettings,
        otherFolder,
        out,
        signingKey,
        progress,
        warm,
        peers);
  }

  public Target target() {
    return settings.target();
  }

  /** The instances that a search looks at. */
  public List<Instance> sampled() {
    return settings.sampling().of(workload, workload.samples());
  }

  /** A few shapes beyond the range of its workload, what is most worth to know first. */
  public List<Instance> beyond() {
    return settings
        .sampling()
        .beyond(
            workload,
            MEMORY_SHARE * memoryBytes,
            hardware.deliveryTraits(workload).lengthsBeyond());
  }

  /** What its effort asks of it. */
  public EffortRow effort() {
    return settings.effortRow(hardware);
  }

  /** What is searched: micro-kernels for one form of weights. */
  public SearchSpace space() {
    return hardware.space(workload.ofOneForm());
  }

  /** Of weights that its own search is for. */
  Preparation form() {
    return workload.prepares() ? Preparation.ONLY : Preparation.NEVER;
  }

  /** Roughly the speed that the device can reach. */
  public double peakGflops() {
    return hardware.peakGflops(workload);
  }

  /**
   * @param problems what candidates are timed on; empty for their own probes
   */
  Measurer measurer(List<Problem> problems) {
    return onExecutors(problems);
  }

  /** What times micro-kernels on real instances. */
  public ComparisonTimer timer() {
    return onExecutors(List.of());
  }

  /** What times whole bundles. */
  public BundleTimer bundles() {
    return onExecutors(List.of());
  }

  /** What makes the bundle's part that depends on the hardware, where that is. */
  public LibraryBuilder library() {
    return onExecutors(List.of());
  }

  private SparkMeasurer onExecutors(List<Problem> problems) {
    return cluster.measurer(
        workload,
        target(),
        trialPolicy(),
        problems,
        settings.seed(),
        settings.budget().seconds(),
        progress);
  }

  /**
   * Logs one pass of the contest.
   *
   * @param pass counted from 1
   * @param seconds of [kernel][instance]; NaN where a kernel was not timed
   */
  public void logContest(
      int pass, List<MicroKernel> kernels, List<Instance> instances, double[][] seconds) {
    cluster.writeContest(folder.path(), pass, kernels, instances, seconds);
  }

  /**
   * Trains a dispatcher.
   *
   * @param table seconds of [plan][instance], of which none is unknown
   * @param alignment what values modulo this say decides beside the values; 1 for nothing
   */
  public DecisionTree dispatcher(Extrapolation.Table table, int alignment) {
    return cluster.dispatcher(table, alignment);
  }

  /**
   * A bundle's table of times, in Parquet.
   *
   * @param seconds of [plan][instance]; NaN where a plan was not timed
   */
  public byte[] timings(List<Instance> instances, double[][] seconds) {
    return cluster.timings(instances, seconds);
  }

  public String sparkVersion() {
    return cluster.version();
  }

  /**
   * @param known seconds of each kernel on measured instances, NaN where it was not
   */
  public Extrapolation prices(List<MicroKernel> kernels, Extrapolation.Table known) {
    return new Extrapolation(space(), workload, settings.threads(), kernels, known);
  }

  /** How one candidate is timed. */
  TimingPolicy trialPolicy() {
    return hardware.policy(workload, TimingPolicy.TRIAL_ROUNDS, 1);
  }
}
