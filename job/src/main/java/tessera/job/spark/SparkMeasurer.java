package tessera.job.spark;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;
import tessera.Json;
import tessera.backend.Backend;
import tessera.backend.Target;
import tessera.compile.BuildResult;
import tessera.job.search.ComparisonTimer;
import tessera.job.search.Measurer;
import tessera.job.spark.watch.ClusterWatch;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.trial.Lap;
import tessera.trial.Trial;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * Measures as a Spark job: a task for each candidate. While one task times, holding its device, the
 * others build. What a task is asked and answers are lines of JSON, which every serialiser takes.
 */
public final class SparkMeasurer implements Measurer, ComparisonTimer {
  /** What a task is asked, if its turn comes before some time of day. */
  record Candidate(
      MicroKernel kernel, TimingPolicy policy, List<Problem> problems, long untilMillis) {}

  /** A build, if it begins before some time of day: executors' clocks are taken to agree. */
  record Build(MicroKernel kernel, List<Problem> problems, long untilMillis) {}

  /**
   * What a task that times a group is asked.
   *
   * @param paths problems of all groups, so that a kernel is built but once; none where it is built
   *     as a bundle has it
   */
  record GroupTask(
      Group group, List<Problem> paths, TimingPolicy policy, boolean vendors, long untilMillis) {
    Optional<List<Problem>> built() {
      return paths.isEmpty() ? Optional.empty() : Optional.of(paths);
    }
  }

  private final ClusterWatch watch;
  private final String context;
  private final TimingPolicy policy;
  private final List<Problem> problems;

  /** How long a task may go on that began in time. */
  private final Duration grace;

  /**
   * @param problems what to time on; empty for each micro-kernel's own probes
   * @param budgetSeconds of the whole run, by which candidates are given up
   */
  SparkMeasurer(
      ClusterWatch watch,
      Workload workload,
      Target target,
      TimingPolicy policy,
      List<Problem> problems,
      long seed,
      double budgetSeconds) {
    this.watch = watch;
    this.context =
        Json.line(
            new ExecutorDevice.Context(
                WorkloadSpec.of(workload), workload.sampled(), target, seed, budgetSeconds));
    this.policy = policy;
    this.problems = problems;
    Patience patience = Patience.of(budgetSeconds);
    this.grace = patience.build().plus(patience.trial()).plus(patience.step());
  }

  @Override
  public List<Trial> measure(List<MicroKernel> candidates, Instant until) {
    List<Candidate> tasks =
        candidates.stream()
            .map(kernel -> new Candidate(kernel, policy, problems, until.toEpochMilli()))
            .toList();
    String purpose = "measure " + counted(candidates, "candidate");
    return answers(purpose, until, tasks, SparkMeasurer::trial).stream()
        .flatMap(Optional::stream)
        .map(text -> Json.record(text, Trial.class))
        .filter(trial -> trial.outcome() != Outcome.NOT_RUN)
        .toList();
  }

  private static String counted(List<?> some, String what) {
    return some.size() + " " + what + (some.size() == 1 ? "" : "s");
  }

  /**
   * What becomes of each request on an executor, which gets the context too; empty where no
   * executor came to it in time.
   */
  private List<Optional<String>> answers(
      String purpose, Instant until, List<?> requests, Function2<String, String, String> what) {
    String shared = context;
    List<String> texts = new ArrayList<>(requests.stream().map(Json::line).toList());
    JavaRDD<String> asked =
        JavaSparkContext.fromSparkContext(watch.context()).parallelize(texts, texts.size());
    return watch.answers(purpose, until, grace, asked.map(text -> what.call(shared, text)));
  }

  private static String trial(String context, String task) {
    Candidate candidate = Json.record(task, Candidate.class);
    return Json.line(
        ExecutorDevice.runner(context)
            .run(
                candidate.kernel(),
                candidate.policy(),
                candidate.problems(),
                Instant.ofEpochMilli(candidate.untilMillis())));
  }

  @Override
  public List<MicroKernel> buildable(
      List<MicroKernel> kernels, List<Problem> problems, Instant until) {
    if (kernels.isEmpty()) {
      return kernels;
    }
    List<Build> builds =
        kernels.stream().map(kernel -> new Build(kernel, problems, until.toEpochMilli())).toList();
    String purpose = "build " + counted(kernels, "micro-kernel");
    List<Optional<String>> built = answers(purpose, until, builds, SparkMeasurer::isBuildable);
    return IntStream.range(0, kernels.size())
        .filter(i -> built.get(i).map(text -> Json.record(text, Boolean.class)).orElse(false))
        .mapToObj(kernels::get)
        .toList();
  }

  private static String isBuildable(String context, String task) {
    Build asked = Json.record(task, Build.class);
    ExecutorDevice.Context read = Json.record(context, ExecutorDevice.Context.class);
    return Json.line(
        System.currentTimeMillis() < asked.untilMillis()
            && ExecutorDevice.backend(read)
                    .buildForTrial(read.workload(), asked.kernel(), asked.problems())
                    .status()
                == BuildResult.Status.OK);
  }

  @Override
  public List<Result> time(List<Group> groups, Terms terms) {
    if (groups.isEmpty()) {
      return List.of();
    }
    List<Problem> paths =
        terms.delivered() ? List.of() : groups.stream().map(Group::problem).distinct().toList();
    List<GroupTask> requests =
        groups.stream()
            .map(
                group ->
                    new GroupTask(
                        group,
                        paths,
                        terms.policy(),
                        terms.vendors(),
                        terms.until().toEpochMilli()))
            .toList();
    String purpose = "time micro-kernels on " + counted(groups, "instance");
    List<Optional<String>> timed = answers(purpose, terms.until(), requests, SparkMeasurer::timed);
    return IntStream.range(0, groups.size())
        .mapToObj(
            i ->
                timed
                    .get(i)
                    .map(text -> Json.record(text, Result.class))
                    .orElseGet(() -> notRun(groups.get(i))))
        .toList();
  }

  private static Result notRun(Group group) {
    return new Result(
        Collections.nCopies(group.kernels().size(), Lap.notRun()), Collections.emptySortedMap());
  }

  private static String timed(String context, String text) {
    GroupTask asked = Json.record(text, GroupTask.class);
    ExecutorDevice.Context read = Json.record(context, ExecutorDevice.Context.class);
    List<MicroKernel> kernels = asked.group().kernels();
    List<Backend.Vendor> vendors = asked.vendors() ? ExecutorDevice.vendors(read) : List.of();
    List<Lap> laps =
        ExecutorDevice.runner(context)
            .compare(
                kernels,
                vendors,
                asked.group().problem(),
                asked.policy(),
                asked.built(),
                Instant.ofEpochMilli(asked.untilMillis()));
    SortedMap<String, Lap> beside = new TreeMap<>();
    for (int v = 0; v < vendors.size(); v++) {
      beside.put(vendors.get(v).name(), laps.get(kernels.size() + v));
    }
    return Json.line(new Result(laps.subList(0, kernels.size()), beside));
  }
}
