package tessera.job.spark;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.spark.sql.SparkSession;
import scala.jdk.javaapi.OptionConverters;
import tessera.backend.DeviceReport;
import tessera.backend.Peer;
import tessera.backend.Target;
import tessera.dispatch.DecisionTree;
import tessera.job.predict.Extrapolation;
import tessera.job.records.Onlooker;
import tessera.job.records.RunEvents;
import tessera.job.records.TrialLog;
import tessera.job.search.Learner;
import tessera.job.spark.learn.DriverTrainer;
import tessera.job.spark.learn.SessionTrainer;
import tessera.job.spark.learn.SparkDispatch;
import tessera.job.spark.learn.SparkLearner;
import tessera.job.spark.learn.Trainer;
import tessera.job.spark.tables.ContestTable;
import tessera.job.spark.tables.ParquetTrialLog;
import tessera.job.spark.tables.RunFigures;
import tessera.job.spark.tables.TimingsTable;
import tessera.job.spark.trace.KeptTraces;
import tessera.job.spark.trace.SparkTraceReader;
import tessera.job.spark.trace.WatchedTraces;
import tessera.job.spark.watch.ClusterWatch;
import tessera.job.warm.FormerCosts;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.storage.Place;
import tessera.trial.Trial;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;
import tessera.workload.trace.TraceReader;

/**
 * Spark, as the stages of a run use it: none of its types is seen outside these packages and {@code
 * tessera.analysis}.
 */
public final class Cluster implements AutoCloseable {
  /** How long a cluster may take to give its first executor, where nobody says. */
  public static final int DEFAULT_WAIT_SECONDS = 60;

  private final ClusterWatch watch;

  /** Whether a learner was warmed up: once is enough for this process and its executors. */
  private final AtomicBoolean isWarm = new AtomicBoolean();

  private final SparkSession session;
  private final Executors executors;
  private final Trainer trainer;
  private final TraceReader traces;

  /**
   * The hardware of the executors.
   *
   * @param kinds a report for each kind; at least one
   * @param remarks a sentence on each executor that has none of it
   */
  public record Found(List<DeviceReport> kinds, List<String> remarks) {}

  /** A trial log whose reading and writing are watched. */
  private record WatchedLog(TrialLog log, ClusterWatch watch) implements TrialLog {
    @Override
    public void append(Round round) {
      watch.run(
          "write trial log",
          () -> {
            log.append(round);
            return round.number();
          });
    }

    @Override
    public List<Trial> read() {
      return watch.run("read trial log", log::read);
    }

    @Override
    public int nextRound() {
      return log.nextRound();
    }
  }

  /** A learner whose trainings are watched. */
  private record WatchedLearner(Learner learner, ClusterWatch watch, AtomicBoolean isWarm)
      implements Learner {
    @Override
    public Learned learn(List<Trial> trials) {
      return watch.run("train cost model", () -> learner.learn(trials));
    }

    @Override
    public void warmUp() {
      if (isWarm.getAndSet(true)) {
        return;
      }
      watch.run(
          "warm up cost model",
          () -> {
            learner.warmUp();
            return true;
          });
    }
  }

  private Cluster(ClusterWatch watch) {
    this.watch = watch;
    this.session = SparkSession.builder().sparkContext(watch.context()).getOrCreate();
    this.executors = new Executors(new SparkJobs(watch));
    Trainer byJobs = new SessionTrainer(session);
    this.trainer =
        watch.context().isLocal()
            ? byJobs
            : new DriverTrainer(Sessions.ofTraining(watch.context().getConf()), byJobs);
    this.traces = new KeptTraces(new WatchedTraces(new SparkTraceReader(session), watch));
  }

  public static Cluster start() {
    return start(Duration.ofSeconds(DEFAULT_WAIT_SECONDS));
  }

  /**
   * @param wait the longest to wait for the cluster, and for executors whenever there are none
   * @throws tessera.UserError where Spark would have no room for its files
   * @throws tessera.EnvironmentFault where the cluster does not answer
   */
  public static Cluster start(Duration wait) {
    return new Cluster(Sessions.watched(wait));
  }

  /**
   * A run begins.
   *
   * @param run its name
   * @return who must hear of its steps and trials, to name actions after them and to count them
   */
  public Onlooker begins(String run, double secondsLeft, double budgetSeconds) {
    watch.begins(run, secondsLeft, budgetSeconds);
    return watch;
  }

  /** Where Spark shows what it does; empty where its user interface is off. */
  public Optional<String> page() {
    return OptionConverters.toJava(watch.context().uiWebUrl());
  }

  public TraceReader traces() {
    return traces;
  }

  /** A run's trials, in one of its folders. */
  public TrialLog trialLog(
      Place folder, Operator operator, SearchSpace space, Target target, TimingPolicy policy) {
    return new WatchedLog(new ParquetTrialLog(folder, operator, space, target, policy), watch);
  }

  /**
   * @param former what former runs measured
   */
  public Learner learner(SearchSpace space, double peakGflops, FormerCosts former) {
    return new WatchedLearner(new SparkLearner(trainer, space, peakGflops, former), watch, isWarm);
  }

  /**
   * Looks at the hardware of all executors that there are.
   *
   * @param kind the key of a back end
   * @param isa the instruction set that a CPU is narrowed to
   * @throws tessera.UserError where none has such hardware or a compiler for it, with the reason
   */
  public Found detect(String kind, Optional<String> isa) {
    return new Detection(executors, kind, isa).found();
  }

  /** How many devices of some hardware the executors are known to have. */
  public int devices(Target target) {
    return executors.devices(target.fingerprint());
  }

  /**
   * @param policy how candidates are timed
   * @param problems what candidates are timed on; empty for each micro-kernel's own probes
   * @param budgetSeconds of the whole run, by which candidates are given up
   * @param events hears of executors that cannot take part, and of waits for devices
   */
  public SparkMeasurer measurer(
      Workload workload,
      Target target,
      TimingPolicy policy,
      List<Problem> problems,
      long seed,
      double budgetSeconds,
      RunEvents events) {
    return new SparkMeasurer(
        tasks(workload, target, seed, budgetSeconds, events), policy, problems);
  }

  private RunTasks tasks(
      Workload workload, Target target, long seed, double budgetSeconds, RunEvents events) {
    Station.Context context =
        new Station.Context(
            WorkloadSpec.of(workload), workload.sampled(), target, seed, budgetSeconds);
    return new RunTasks(executors, context, events);
  }

  /**
   * Looks whether libraries can be compared with where a run's devices are, before it begins, with
   * a task for each device.
   *
   * @param seed of the run
   * @param budgetSeconds of the run
   * @param events hears of executors that cannot take part
   * @throws tessera.UserError where one cannot be
   */
  public void lookAt(
      List<Peer> peers,
      Workload workload,
      Target target,
      long seed,
      double budgetSeconds,
      RunEvents events) {
    if (!peers.isEmpty()) {
      SparkMeasurer.lookAt(tasks(workload, target, seed, budgetSeconds, events), peers);
    }
  }

  /** Writes one pass of a run's contest, as {@link ContestTable} says. */
  public void writeContest(
      Place run,
      int pass,
      List<MicroKernel> kernels,
      List<Instance> instances,
      double[][] seconds) {
    watch.run(
        "write contest",
        () -> {
          ContestTable.write(run, pass, kernels, instances, seconds);
          return pass;
        });
  }

  /** A decision tree over the shape variables, as {@link SparkDispatch} trains it. */
  public DecisionTree dispatcher(Extrapolation.Table table, int alignment) {
    return watch.run(
        "train dispatch",
        () -> SparkDispatch.train(session, table.instances(), table.seconds(), alignment));
  }

  /** The bytes of a bundle's {@link TimingsTable}. */
  public byte[] timings(List<Instance> instances, double[][] seconds) {
    return watch.run("write timings", () -> TimingsTable.parquet(instances, seconds));
  }

  /**
   * What a bundle's {@link TimingsTable} holds.
   *
   * @param plans of the bundle
   */
  public Extrapolation.Table readTimings(Place file, int plans) {
    return TimingsTable.read(file, plans);
  }

  /** What was logged of a search, in one of the folders of a run. */
  public RunFigures figures(Place folder) {
    return RunFigures.read(session, folder);
  }

  /** For those who read the tables of runs. */
  public SparkSession session() {
    return session;
  }

  public String version() {
    return session.version();
  }

  @Override
  public void close() {
    trainer.close();
    watch.close();
  }
}
