package tessera.analysis;

import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import tessera.UserError;
import tessera.analysis.drift.DriftReader;
import tessera.analysis.figures.Comparison;
import tessera.analysis.figures.CostModelFigures;
import tessera.analysis.figures.DispatchMap;
import tessera.analysis.figures.Drift;
import tessera.analysis.figures.Efficiency;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.PortfolioKernel;
import tessera.analysis.figures.Roofline;
import tessera.analysis.figures.SearchProgress;
import tessera.analysis.figures.Speeds;
import tessera.analysis.figures.Stability;
import tessera.analysis.figures.TrialFigures;
import tessera.analysis.read.ComparisonReader;
import tessera.analysis.read.CostModelReader;
import tessera.analysis.read.HeadlineReader;
import tessera.analysis.read.Log;
import tessera.analysis.read.PortfolioReader;
import tessera.analysis.read.ProgressReader;
import tessera.analysis.read.Source;
import tessera.analysis.read.SpeedReader;
import tessera.analysis.read.StabilityReader;
import tessera.backend.Target;
import tessera.job.replay.Replay;
import tessera.job.spark.tables.RunTables;
import tessera.job.spark.tables.TimingsTable;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;
import tessera.workload.Workload;
import tessera.workload.trace.Trace;
import tessera.workload.trace.TraceChoice;

/**
 * A run with its bundle, or a bundle with its run, as far as they are there. Each part is read when
 * it is first asked for.
 */
public final class Recording {
  private final Source source;
  private final SparkSession spark;
  private final Log log;
  private final Known<RunTables> tables;
  private Optional<Known<Speeds>> speeds = Optional.empty();

  Recording(Source source, SparkSession spark) {
    this.source = source;
    this.spark = spark;
    this.tables = source.run().map(some -> new RunTables(some.folder(), source.operator()));
    this.log = new Log(tables);
  }

  /** The folder that was opened, by its name. */
  public String name() {
    return source.title();
  }

  /** The name of the run's folder. */
  public Known<String> run() {
    return source.run().map(some -> some.folder().name());
  }

  /** The micro-kernels of the bundle; none where there is none. */
  public List<MicroKernel> kernels() {
    return source.bundle().map(bundle -> bundle.manifest().kernels()).orElse(List.of()).stream()
        .map(entry -> new MicroKernel(entry.family(), entry.parameters()))
        .toList();
  }

  public Target target() {
    return source.target();
  }

  /** The workload with its instances, or why nobody knows them. */
  public Known<Workload> instances() {
    return source.instances();
  }

  /** The workload with its instances, where they are known; else without. */
  public Workload workload() {
    return source.instances().orElse(source.workload());
  }

  public Headline headline() {
    return new HeadlineReader(source, log).headline(speeds());
  }

  public Known<Speeds> speeds() {
    return speeds.orElseGet(() -> remember(() -> SpeedReader.of(source)));
  }

  private Known<Speeds> remember(Supplier<Known<Speeds>> read) {
    Known<Speeds> all = read.get();
    speeds = Optional.of(all);
    return all;
  }

  public Known<DispatchMap> dispatch() {
    return source
        .bundle()
        .map(bundle -> new DispatchMap(bundle.manifest(), bundle.dispatch(), bundle.timings()));
  }

  public Known<SearchProgress> progress() {
    return new ProgressReader(source, log).progress();
  }

  public Known<CostModelFigures> costModel() {
    return new CostModelReader(source, log).figures();
  }

  public Known<Roofline> roofline() {
    return PortfolioReader.roofline(source, log, speeds());
  }

  /** How well the dispatched plan fits each of some shapes. */
  public Known<List<Known<Efficiency>>> efficiencies(List<List<Long>> shapes) {
    return PortfolioReader.efficiencies(source, log, speeds(), shapes);
  }

  public Known<List<PortfolioKernel>> portfolio() {
    return PortfolioReader.kernels(source, log, speeds());
  }

  public Stability stability() {
    return new StabilityReader(source, log).stability(speeds());
  }

  /** All trials as they were logged, with their timings, in their order; none without a run. */
  public List<RunTables.Logged> logged() {
    return log.trials();
  }

  /**
   * The joint search of the run once more, without a device: its candidates end as the trials did.
   *
   * @throws UserError where there is no run, or none of its trials was right
   */
  public Replay replay() {
    List<Trial> joint =
        log.trials().stream()
            .filter(logged -> logged.search().isEmpty())
            .map(RunTables.Logged::trial)
            .toList();
    return new Replay(
        source.hardware(),
        workload(),
        source.run().map(some -> some.settings().threads()).orElse(1),
        joint);
  }

  /** All trials in their order; none where there is no run. */
  public List<TrialFigures> trials() {
    return log.trials().stream().map(Recording::figures).toList();
  }

  private static TrialFigures figures(RunTables.Logged logged) {
    Trial trial = logged.trial();
    return new TrialFigures(
        logged.search(),
        logged.round(),
        logged.index(),
        trial.kernel().family(),
        logged.name(),
        trial.kernel().parameters(),
        trial.outcome().name(),
        trial.message(),
        new TreeMap<>(trial.resources()),
        1e-9 * trial.buildNanos(),
        1e-9 * trial.verifyNanos(),
        1e-9 * trial.timeNanos(),
        trial.worker());
  }

  /**
   * This one as A beside another as B.
   *
   * @throws tessera.UserError where one has no bundle, or they have no shape in common
   */
  public Comparison compare(Recording other) {
    return new ComparisonReader(sided(), other.sided()).comparison();
  }

  /**
   * Whether the shapes that are called are still those that the bundle was tuned for.
   *
   * @param trace what was called
   * @param choice where it was read from
   * @param threshold the least share of the calls that must have changed; {@link
   *     DriftReader#THRESHOLD} is usual
   * @throws tessera.UserError where there is no bundle, or the trace has no numbers of calls
   */
  public Drift drift(Trace trace, TraceChoice choice, double threshold) {
    return DriftReader.of(source, log, trace, choice, threshold);
  }

  private ComparisonReader.Sided sided() {
    return new ComparisonReader.Sided(source, speeds(), stability().tieBand());
  }

  /** The tables as DataFrames. */
  public Tables tables() {
    return new Tables(
        table(tables.map(RunTables::trials), RunTables.TRIALS),
        table(tables.map(RunTables::rounds), RunTables.ROUNDS),
        table(tables.map(RunTables::contest), RunTables.CONTEST),
        source
            .bundle()
            .map(bundle -> TimingsTable.table(spark, bundle.timings()))
            .value()
            .orElseGet(() -> RunTables.table(spark, List.of(), RunTables.TIMINGS)));
  }

  private Dataset<Row> table(Known<List<Row>> rows, StructType schema) {
    return RunTables.table(spark, rows.orElse(List.of()), schema);
  }
}
