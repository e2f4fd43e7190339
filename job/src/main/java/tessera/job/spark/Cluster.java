package tessera.job.spark;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import tessera.backend.Target;
import tessera.dispatch.DecisionTree;
import tessera.job.predict.Extrapolation;
import tessera.job.records.TrialLog;
import tessera.job.search.Learner;
import tessera.job.spark.learn.SparkDispatch;
import tessera.job.spark.learn.SparkLearner;
import tessera.job.spark.tables.ContestTable;
import tessera.job.spark.tables.ParquetTrialLog;
import tessera.job.spark.tables.RunFigures;
import tessera.job.spark.tables.TimingsTable;
import tessera.job.spark.trace.SparkTraceReader;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.workload.Instance;
import tessera.workload.TraceReader;
import tessera.workload.Workload;

/** Spark, as the stages of a run use it: none of its types is seen outside these packages. */
public final class Cluster implements AutoCloseable {
  private final SparkSession session;

  private Cluster(SparkSession session) {
    this.session = session;
  }

  /**
   * @throws tessera.UserError where Spark would have no room for its files
   */
  public static Cluster start() {
    return new Cluster(Sessions.start());
  }

  public TraceReader traces() {
    return new SparkTraceReader(session);
  }

  /** A run's trials, in one of its folders. */
  public TrialLog trialLog(
      Path folder, Operator operator, SearchSpace space, Target target, TimingPolicy policy) {
    return new ParquetTrialLog(session, folder, operator, space, target, policy);
  }

  public Learner learner(SearchSpace space, double peakGflops) {
    return new SparkLearner(session, space, peakGflops);
  }

  /**
   * @param policy how candidates are timed
   * @param problems what candidates are timed on; empty for each micro-kernel's own probes
   * @param budgetSeconds of the whole run, by which candidates are given up
   */
  public SparkMeasurer measurer(
      Workload workload,
      Target target,
      TimingPolicy policy,
      List<Problem> problems,
      long seed,
      double budgetSeconds) {
    JavaSparkContext context = new JavaSparkContext(session.sparkContext());
    return new SparkMeasurer(context, workload, target, policy, problems, seed, budgetSeconds);
  }

  /** Writes one pass of a run's contest, as {@link ContestTable} says. */
  public void writeContest(
      Path run, int pass, List<MicroKernel> kernels, List<Instance> instances, double[][] seconds) {
    ContestTable.write(session, run, pass, kernels, instances, seconds);
  }

  /** A decision tree over the shape variables, as {@link SparkDispatch} trains it. */
  public DecisionTree dispatcher(Extrapolation.Table table, int alignment) {
    return SparkDispatch.train(session, table.instances(), table.seconds(), alignment);
  }

  /** The bytes of a bundle's {@link TimingsTable}. */
  public byte[] timings(List<Instance> instances, double[][] seconds) {
    return TimingsTable.parquet(session, instances, seconds);
  }

  /**
   * What a bundle's {@link TimingsTable} holds.
   *
   * @param plans of the bundle
   */
  public Extrapolation.Table readTimings(Path file, int plans) {
    return TimingsTable.read(session, file, plans);
  }

  /** What was logged of a search, in one of the folders of a run. */
  public RunFigures figures(Path folder) {
    return new RunFigures(session, folder);
  }

  public String version() {
    return session.version();
  }

  @Override
  public void close() {
    session.stop();
  }
}
