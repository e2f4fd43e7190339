package tessera.job.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import tessera.Count;
import tessera.EnvironmentFault;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.LibraryBuilder;
import tessera.backend.Peer;
import tessera.backend.WeightsForm;
import tessera.compile.BuildResult;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.job.search.ComparisonTimer;
import tessera.job.search.Measurer;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.trial.BundleTimer;
import tessera.trial.Lap;
import tessera.trial.Trial;
import tessera.workload.Workload;

/**
 * Builds and measures as Spark jobs: a task for each candidate. While one task times, holding its
 * device, the others build.
 */
public final class SparkMeasurer implements Measurer, ComparisonTimer, BundleTimer, LibraryBuilder {
  /** What a task is asked that measures a candidate. */
  record Candidate(MicroKernel kernel, TimingPolicy policy, List<Problem> problems) {}

  /** What a task is asked that only builds. */
  record Build(MicroKernel kernel, List<Problem> problems) {}

  /**
   * What a task that times a group is asked.
   *
   * @param paths problems of all groups, so that a kernel is built but once; none where it is built
   *     as a bundle has it
   */
  record GroupTask(
      Group group, List<Problem> paths, TimingPolicy policy, boolean vendors, List<Peer> peers) {
    Optional<List<Problem>> built() {
      return paths.isEmpty() ? Optional.empty() : Optional.of(paths);
    }
  }

  /** What a task is asked that looks at libraries. */
  private record Peers(List<Peer> peers) {}

  /** What it answers: why libraries cannot be used there. */
  private record Unusable(List<String> whys) {}

  /** What a bundle's library is made of, beside the workload. */
  record Library(
      List<MicroKernel> kernels, List<LaunchPlan> plans, List<DecisionTree> dispatch, String id) {}

  /** Files by their paths in the bundle. */
  record Files(Map<String, byte[]> contents) {}

  /** How soon an executor must begin to build a library. */
  private static final Duration LIBRARY = Duration.ofSeconds(30);

  private final RunTasks tasks;
  private final TimingPolicy policy;
  private final List<Problem> problems;
  private final ReferenceSpeeds speeds = new ReferenceSpeeds();

  /** The executor of each process and device that measured. */
  private final Map<String, Executor> makers = new HashMap<>();

  /**
   * @param problems what to time on; empty for each micro-kernel's own probes
   */
  SparkMeasurer(RunTasks tasks, TimingPolicy policy, List<Problem> problems) {
    this.tasks = tasks;
    this.policy = policy;
    this.problems = problems;
  }

  @Override
  public List<Trial> measure(List<MicroKernel> candidates, Deadline until) {
    List<Candidate> requests =
        candidates.stream().map(kernel -> new Candidate(kernel, policy, problems)).toList();
    String purpose = "measure " + Count.of(candidates.size(), "candidate");
    List<Optional<Trial>> trials =
        trials(candidates, tasks.answers(purpose, until, requests, SparkMeasurer::trial));
    List<Integer> refused = refused(trials);
    if (!refused.isEmpty()) {
      List<Candidate> asked = refused.stream().map(requests::get).toList();
      List<Optional<Trial>> again =
          trials(
              refused.stream().map(candidates::get).toList(),
              tasks.answers(purpose, until, asked, SparkMeasurer::trial));
      for (int i = 0; i < refused.size(); i++) {
        trials.set(refused.get(i), again.get(i));
      }
    }
    return trials.stream()
        .flatMap(Optional::stream)
        .map(this::judged)
        .filter(trial -> trial.outcome() != Outcome.NOT_RUN)
        .toList();
  }

  @Override
  public int devices() {
    return tasks.devices();
  }

  private synchronized List<Optional<Trial>> trials(
      List<MicroKernel> candidates, List<Optional<Answer>> answers) {
    List<Optional<Trial>> trials = new ArrayList<>();
    for (int i = 0; i < candidates.size(); i++) {
      MicroKernel kernel = candidates.get(i);
      Optional<Answer> answer = answers.get(i);
      Optional<Trial> trial = answer.map(said -> trial(kernel, said));
      trial.ifPresent(speeds::add);
      trial.ifPresent(done -> note(done, answer.orElseThrow().executor()));
      trials.add(trial);
    }
    return trials;
  }

  private void note(Trial trial, Executor executor) {
    makers.put(trial.worker(), executor);
    if (trial.measuringNanos() > 0) {
      tasks.note(executor, trial.deviceName());
    }
  }

  /** Those that a device which is held back has timed, though there are others. */
  private synchronized List<Integer> refused(List<Optional<Trial>> trials) {
    List<Integer> refused = new ArrayList<>();
    for (int i = 0; i < trials.size(); i++) {
      Optional<Executor> slow =
          trials.get(i).filter(speeds::areLowIn).map(trial -> makers.get(trial.worker()));
      if (slow.filter(tasks::areOthers).isPresent()) {
        refused.add(i);
        if (speeds.areUsuallyLowOn(trials.get(i).get().worker())) {
          tasks.leaveOut(
              slow.get(),
              trials.get(i).get().device() + " runs at less than a quarter of others' speed");
        }
      }
    }
    return refused;
  }

  /** What a device that is held back has timed is not used. */
  private synchronized Trial judged(Trial trial) {
    return trial.isOk() && speeds.areLowIn(trial)
        ? trial.ended(Outcome.NOISY, "the device ran at less than a quarter of its usual speed")
        : trial;
  }

  private static Trial trial(MicroKernel kernel, Answer answer) {
    return answer
        .record(Trial.class)
        .orElseGet(
            () ->
                new Trial(
                    kernel,
                    Outcome.RUN_FAILED,
                    answer.text(),
                    Map.of(),
                    0,
                    0,
                    0,
                    List.of(),
                    answer.executor().toString()));
  }

  private static Trial trial(Station station, String request, Deadline until) {
    Candidate candidate = Json.record(request, Candidate.class);
    return station
        .runner()
        .run(candidate.kernel(), candidate.policy(), candidate.problems(), until);
  }

  @Override
  public List<MicroKernel> buildable(
      List<MicroKernel> kernels, List<Problem> problems, Deadline until) {
    if (kernels.isEmpty()) {
      return kernels;
    }
    List<Build> builds = kernels.stream().map(kernel -> new Build(kernel, problems)).toList();
    String purpose = "build " + Count.of(kernels.size(), "micro-kernel");
    List<Optional<Answer>> built =
        tasks.answers(purpose, until, builds, SparkMeasurer::isBuildable);
    return IntStream.range(0, kernels.size())
        .filter(i -> built.get(i).flatMap(answer -> answer.record(Boolean.class)).orElse(false))
        .mapToObj(kernels::get)
        .toList();
  }

  private static Boolean isBuildable(Station station, String request, Deadline until) {
    Build asked = Json.record(request, Build.class);
    return !until.isOver()
        && station
                .device()
                .buildForTrial(station.workload(), asked.kernel(), asked.problems())
                .status()
            == BuildResult.Status.OK;
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
                    new GroupTask(group, paths, terms.policy(), terms.vendors(), terms.peers()))
            .toList();
    String purpose = "time micro-kernels on " + Count.of(groups.size(), "instance");
    List<Optional<Answer>> timed =
        tasks.answers(purpose, terms.until(), requests, SparkMeasurer::timed);
    return IntStream.range(0, groups.size())
        .mapToObj(
            i ->
                timed
                    .get(i)
                    .flatMap(answer -> answer.record(Result.class))
                    .orElseGet(() -> notRun(groups.get(i))))
        .toList();
  }

  private static Result notRun(Group group) {
    return new Result(Collections.nCopies(group.kernels().size(), Lap.notRun()), List.of());
  }

  private static Result timed(Station station, String request, Deadline until) {
    GroupTask asked = Json.record(request, GroupTask.class);
    List<MicroKernel> kernels = asked.group().kernels();
    // a library that one host of many lacks ends nothing there: it takes no part
    Map<Peer, String> missing = asked.vendors() ? station.unusable(asked.peers()) : Map.of();
    List<Peer> there = asked.peers().stream().filter(peer -> !missing.containsKey(peer)).toList();
    List<Backend.Vendor> vendors = asked.vendors() ? station.vendors(there) : List.of();
    List<Lap> laps =
        station
            .runner()
            .compare(
                kernels, vendors, asked.group().problem(), asked.policy(), asked.built(), until);
    List<Beside> beside = new ArrayList<>();
    missing.forEach(
        (peer, why) ->
            beside.add(
                new Beside(
                    peer.kind(), "", WeightsForm.PLAIN, Lap.failed(Outcome.RUN_FAILED, why))));
    for (int v = 0; v < vendors.size(); v++) {
      Backend.Vendor vendor = vendors.get(v);
      Lap lap = laps.get(kernels.size() + v);
      beside.add(new Beside(vendor.name(), vendor.version(), vendor.form(), lap));
    }
    return new Result(laps.subList(0, kernels.size()), beside);
  }

  /**
   * Asks for each device whether libraries can be compared with there.
   *
   * @throws UserError where one cannot be
   */
  static void lookAt(RunTasks tasks, List<Peer> peers) {
    List<Optional<Answer>> answers =
        tasks.answers(
            "look at libraries to compare with",
            Deadline.NEVER,
            Collections.nCopies(tasks.devices(), new Peers(peers)),
            (station, request, until) ->
                new Unusable(
                    List.copyOf(
                        station.unusable(Json.record(request, Peers.class).peers()).values())));
    for (Answer answer : answers.stream().flatMap(Optional::stream).toList()) {
      List<String> whys = answer.record(Unusable.class).map(Unusable::whys).orElse(List.of());
      if (!whys.isEmpty()) {
        throw new UserError(
            tasks.devices() > 1 ? answer.executor() + ": " + whys.get(0) : whys.get(0));
      }
    }
  }

  @Override
  public Timed time(Asked asked, Deadline until) {
    return tasks
        .answers(
            "time " + Count.of(asked.bundles().size(), "bundle"),
            until,
            List.of(asked),
            SparkMeasurer::bundles)
        .get(0)
        .map(
            answer ->
                answer
                    .record(Timed.class)
                    .orElseGet(() -> Timed.failed(Outcome.RUN_FAILED, answer.text())))
        .orElseGet(() -> Timed.failed(Outcome.NOT_RUN, Lap.notRun().message()));
  }

  private static Timed bundles(Station station, String request, Deadline until) {
    return station.runner().bundles().time(Json.record(request, Asked.class), until);
  }

  /** Where the compiler is: its bytes come back. */
  @Override
  public Map<String, byte[]> build(
      Workload workload,
      List<MicroKernel> kernels,
      List<LaunchPlan> plans,
      List<DecisionTree> dispatch,
      String id) {
    List<Library> request = List.of(new Library(kernels, plans, dispatch, id));
    Deadline until = Deadline.in(LIBRARY);
    return files(
        tasks
            .answers("build the bundle's library", until, request, SparkMeasurer::libraryFiles)
            .get(0));
  }

  /**
   * @throws EnvironmentFault where there are none, with the reason
   */
  static Map<String, byte[]> files(Optional<Answer> built) {
    return built
        .flatMap(answer -> answer.record(Files.class))
        .map(Files::contents)
        .orElseThrow(
            () ->
                new EnvironmentFault(
                    built
                        .map(answer -> "the bundle's library was not built: " + answer.text())
                        .orElse(
                            "no executor built the bundle's library within "
                                + LIBRARY.toSeconds()
                                + " s and the time of a build")));
  }

  private static Files libraryFiles(Station station, String request, Deadline until) {
    Library asked = Json.record(request, Library.class);
    return new Files(
        station
            .device()
            .library()
            .build(
                station.workload(), asked.kernels(), asked.plans(), asked.dispatch(), asked.id()));
  }
}
