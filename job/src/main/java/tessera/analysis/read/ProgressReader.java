package tessera.analysis.read;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.apache.spark.sql.Row;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.SearchProgress;
import tessera.job.predict.Objective;
import tessera.job.records.RunResult;
import tessera.job.search.Population;
import tessera.job.search.SearchMethod;
import tessera.job.spark.tables.RunTables;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.timed.Sampling;

/** A search over time. */
public final class ProgressReader {
  private static final String UNTIMED =
      "an older Tessera ran this, which did not record when its rounds were";

  private final Source source;
  private final Log log;

  public ProgressReader(Source source, Log log) {
    this.source = source;
    this.log = log;
  }

  public Known<SearchProgress> progress() {
    return source
        .run()
        .map(
            run ->
                new SearchProgress(
                    log.rounds().stream().map(this::round).toList(),
                    source.instances().then(instances -> best(run, instances)),
                    run.result().map(end -> steps(end.steps()))));
  }

  private static List<SearchProgress.Step> steps(List<RunResult.Step> recorded) {
    List<SearchProgress.Step> steps = new ArrayList<>();
    double begin = 0;
    for (RunResult.Step step : recorded) {
      steps.add(new SearchProgress.Step(step.name(), begin, step.seconds()));
      begin += step.seconds();
    }
    return steps;
  }

  private SearchProgress.Round round(Row row) {
    String search = row.getAs("search");
    int round = row.getAs("round");
    List<Trial> trials = trials(search, round);
    double busy = row.getAs("device_busy_share");
    double measuring = seconds(trials, Trial::measuringNanos);
    return new SearchProgress.Round(
        search,
        round,
        row.getAs("trials"),
        row.getAs("ok"),
        busy,
        seconds(trials, Trial::buildNanos),
        seconds(trials, Trial::verifyNanos),
        seconds(trials, Trial::timeNanos),
        busy > 0
            ? Known.of(Math.max(0, measuring / busy - measuring))
            : Known.not("no device measured in this round"),
        recorded(row, "begin_seconds"),
        recorded(row, "measure_seconds"),
        recorded(row, "learn_seconds"));
  }

  private static Known<Double> recorded(Row row, String column) {
    return Known.of(Optional.ofNullable(row.<Double>getAs(column)), UNTIMED);
  }

  private List<Trial> trials(String search, int round) {
    return log.trials().stream()
        .filter(logged -> logged.search().equals(search) && logged.round() == round)
        .map(RunTables.Logged::trial)
        .toList();
  }

  private static double seconds(List<Trial> trials, ToLongFunction<Trial> nanos) {
    return 1e-9 * trials.stream().mapToLong(nanos).sum();
  }

  /** As the search saw it: from the measured costs of micro-kernels to times of instances. */
  private Known<List<SearchProgress.Best>> best(Source.Run run, Workload workload) {
    SearchSpace space = source.hardware().space(workload);
    if (log.trials().stream().anyMatch(logged -> !space.covers(logged.trial().kernel()))) {
      return Known.not("this version of Tessera no longer has some of the run's micro-kernels");
    }
    List<SearchProgress.Best> all = new ArrayList<>();
    List<String> searches = log.trials().stream().map(RunTables.Logged::search).distinct().toList();
    SearchMethod strategy = run.settings().strategy();
    boolean alone = strategy == SearchMethod.PER_SHAPE;
    Sampling sampling = run.settings().sampling();
    List<Instance> joint =
        strategy.instances(workload, run.settings().effortRow(source.hardware()), sampling);
    for (String search : searches) {
      List<Instance> instances =
          alone ? List.of(sampling.of(workload, workload.samples()).get(place(search))) : joint;
      Objective objective =
          new Objective(workload, instances, space, alone ? 1 : run.settings().threads());
      all.addAll(best(search, objective, space));
    }
    return Known.of(all);
  }

  /** The place of its instance in the name of a search's folder. */
  private static int place(String search) {
    return Integer.parseInt(search.substring(search.lastIndexOf('-') + 1));
  }

  private List<SearchProgress.Best> best(String search, Objective objective, SearchSpace space) {
    Population population = new Population(space, objective, source.target().peakGflops());
    List<SearchProgress.Best> all = new ArrayList<>();
    double least = Double.POSITIVE_INFINITY;
    int trials = 0;
    for (RunTables.Logged logged : log.trials()) {
      if (!logged.search().equals(search)) {
        continue;
      }
      trials++;
      population.add(List.of(logged.trial()));
      double seconds = logged.trial().isOk() ? objective.meanSeconds(population.best()) : least;
      if (seconds < least) {
        least = seconds;
        all.add(
            new SearchProgress.Best(
                search, logged.round(), trials, seconds, objective.gflops(population.best())));
      }
    }
    return all;
  }
}
