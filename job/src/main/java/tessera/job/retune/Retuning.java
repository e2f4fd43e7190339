package tessera.job.retune;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.backend.Backends;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.integrity.Trust;
import tessera.job.canary.Canary;
import tessera.job.canary.Drift;
import tessera.job.lock.PlaceLock;
import tessera.job.records.Product;
import tessera.job.records.RunEvents;
import tessera.job.records.RunFolder;
import tessera.job.records.RunResult;
import tessera.job.run.Device;
import tessera.job.search.SearchMethod;
import tessera.job.spark.Cluster;
import tessera.measure.TimingPolicy;
import tessera.operator.Operator;
import tessera.runtime.Baseline;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.storage.StorageFailure;
import tessera.trial.BundleTimer;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Workload;
import tessera.workload.WorkloadFile;
import tessera.workload.WorkloadSpec;

/** One workload on one kind of hardware, from its lock to what became of it. */
final class Retuning {
  /** Of the calls of a canary; builds and steps have shares of it. */
  private static final double CANARY_BUDGET = 120;

  /** So many of a workload's runs are read for a warm start. */
  private static final int MOST_RUNS = 8;

  /** What is timed says itself of which workload it is. */
  private static final Workload ANY =
      new WorkloadSpec(
              "canary",
              Operator.DENSE.key(),
              "float32",
              "none",
              List.of("T"),
              Map.of("m", "T", "n", "16", "k", "16"))
          .anywhere();

  private static final String CANDIDATE = "candidate";

  private final Cluster cluster;
  private final Retune.Options options;
  private final Retune.Tune tune;
  private final Consumer<String> remarks;
  private final Device device;
  private final List<InPlace> bundles;
  private final String workload;

  /** What is known so far. */
  private Optional<InPlace> inPlace = Optional.empty();

  private Staleness staleness = new Staleness(List.of(), List.of());
  private Optional<RetuneReport.CanaryFigures> canary = Optional.empty();
  private String run = "";
  private String published = "";

  /**
   * @param bundles of the workload, for this kind of hardware, at least one
   */
  Retuning(
      Cluster cluster,
      Retune.Options options,
      Retune.Tune tune,
      Consumer<String> remarks,
      Device device,
      List<InPlace> bundles) {
    this.cluster = cluster;
    this.options = options;
    this.tune = tune;
    this.remarks = remarks;
    this.device = device;
    this.bundles = bundles;
    this.workload = bundles.get(0).workload();
  }

  /** What is said of a bundle that nothing is done about. */
  static RetuneReport.Line plain(InPlace bundle, RetuneReport.Verdict verdict, String words) {
    return new RetuneReport.Line(
        bundle.workload(),
        bundle.hardware(),
        bundle.content().map(content -> content.manifest().target().model()).orElse(""),
        verdict,
        bundle.place().toString(),
        List.of(),
        List.of(),
        List.of(),
        "",
        "",
        words);
  }

  private RetuneReport.Line line(RetuneReport.Verdict verdict, String words) {
    return new RetuneReport.Line(
        workload,
        target().folder(),
        target().model(),
        verdict,
        inPlace.map(bundle -> bundle.place().toString()).orElse(""),
        staleness.reasons(),
        staleness.unknown(),
        canary.stream().toList(),
        run,
        published,
        words);
  }

  private Target target() {
    return device.target();
  }

  /** A failure is a line, too: the other bundles go on. */
  RetuneReport.Line line() {
    try {
      return options.dryRun() ? decided(() -> true) : locked();
    } catch (EnvironmentFault e) {
      return line(RetuneReport.Verdict.FAILED, e.getMessage());
    } catch (RuntimeException e) {
      return UserError.in(e)
          .map(mistake -> line(RetuneReport.Verdict.MISTAKE, mistake.getMessage()))
          .orElseGet(() -> line(RetuneReport.Verdict.FAILED, UserError.shortened(e.toString())));
    }
  }

  private RetuneReport.Line locked() {
    String name = workload + "." + target().folder();
    PlaceLock.Attempt attempt = PlaceLock.attempt(options.root().locks(), name);
    if (attempt.lock().isEmpty()) {
      return line(RetuneReport.Verdict.HELD, "left to " + attempt.holder() + ", which is at it");
    }
    try (PlaceLock lock = attempt.lock().get()) {
      return decided(lock::isHeld);
    }
  }

  /** Whether what this process is about to do is still its own to do. */
  private interface Right {
    boolean isHeld();
  }

  private RetuneReport.Line decided(Right right) {
    inPlace = here();
    if (inPlace.isEmpty()) {
      InPlace relative = nearest();
      staleness = staleness(content(relative));
      String words =
          "there is no bundle for this hardware; the nearest relative is "
              + relative.hardware()
              + " ("
              + String.join("; ", staleness.reasons())
              + ")";
      return options.dryRun()
          ? line(RetuneReport.Verdict.KEPT, words)
          : tuned(relative, right, words);
    }
    InPlace.Content content = content(inPlace.get());
    staleness = staleness(content);
    if (staleness.isStale()) {
      return stale(right, "stale: " + String.join("; ", staleness.reasons()));
    }
    Optional<Drift> drift = content.baseline().map(baseline -> drift(content, baseline));
    String measured = drift.map(Drift::words).orElse("no canary");
    if (drift.isPresent() && !drift.get().isKnown()) {
      return failed(right, drift.get());
    }
    return drift.filter(Drift::isBeyond).isPresent()
        ? stale(right, "drifted: " + measured)
        : line(RetuneReport.Verdict.UP_TO_DATE, "up to date (" + measured + unknown() + ")");
  }

  private String unknown() {
    return staleness.unknown().isEmpty()
        ? ""
        : "; unknown: " + String.join(", ", staleness.unknown());
  }

  /** Where nothing says that the bundle is at fault, nothing is put in its place. */
  private RetuneReport.Line failed(Right right, Drift drift) {
    return BundleTimer.isOfBundles(drift.outcome())
        ? stale(right, "it does not work here: " + drift.words())
        : line(RetuneReport.Verdict.FAILED, "it could not be looked at: " + drift.words());
  }

  private RetuneReport.Line stale(Right right, String words) {
    return options.dryRun()
        ? line(RetuneReport.Verdict.KEPT, words + unknown())
        : tuned(inPlace.orElseThrow(), right, words + unknown());
  }

  /** As it is now: another process may have published since the root was listed. */
  private Optional<InPlace> here() {
    Place latest =
        options.root().bundles().resolve(workload).resolve(target().folder()).resolve("latest");
    try {
      return latest.isFile() || latest.isFolder()
          ? Optional.of(InPlace.of(latest, options.trust()))
          : Optional.empty();
    } catch (IOException e) {
      throw StorageFailure.of(latest + " cannot be read", e, "check its permissions");
    }
  }

  private static InPlace.Content content(InPlace bundle) {
    return bundle.content().orElseThrow(() -> bundle.fault().orElseThrow().exception());
  }

  private Staleness staleness(InPlace.Content content) {
    TimingPolicy policy = Canary.usual(target(), content.manifest().workload().anywhere());
    return Staleness.of(
        content.manifest(),
        content.baseline(),
        new Staleness.Now(target(), Product.version(), policy));
  }

  /** Of the bundles for other hardware of this kind the one whose instruction set is most alike. */
  private InPlace nearest() {
    return bundles.stream()
        .max(
            Comparator.comparingInt((InPlace b) -> alike(content(b).manifest().target()))
                .thenComparing(b -> content(b).manifest().created()))
        .orElseThrow();
  }

  /** The first letters that two instruction sets have in common; more where they are one. */
  private int alike(Target other) {
    String one = target().isa();
    String two = other.isa();
    if (one.equals(two)) {
      return Integer.MAX_VALUE;
    }
    int length = Math.min(one.length(), two.length());
    int same = 0;
    while (same < length && one.charAt(same) == two.charAt(same)) {
      same++;
    }
    return same;
  }

  private Drift drift(InPlace.Content content, Baseline baseline) {
    long start = System.nanoTime();
    Drift drift =
        new Canary(this::timer).check(content.files(), content.manifest(), baseline, target());
    canary =
        Optional.of(
            new RetuneReport.CanaryFigures(
                drift.passes(),
                drift.slowdown(),
                drift.band(),
                drift.referenceSlowdown(),
                1e-9 * (System.nanoTime() - start),
                drift.outcome().name()));
    return drift;
  }

  /** One for each pass has a process of its own, which all bundles of the hardware share. */
  private BundleTimer timer(int pass) {
    return cluster.measurer(
        ANY,
        target(),
        Canary.usual(target(), ANY),
        List.of(),
        pass,
        CANARY_BUDGET,
        RunEvents.remarks(remarks));
  }

  /**
   * Tunes and publishes, unless that makes nothing better.
   *
   * @param former a bundle of the workload
   */
  private RetuneReport.Line tuned(InPlace former, Right right, String words) {
    InPlace.Content content = content(former);
    if (content.signed() && options.key().isEmpty()) {
      throw new UserError(
          former.place() + " is signed, and so must be what replaces it; give --sign-key");
    }
    List<RunFolder> runs = options.root().runs(workload);
    RunFolder old = made(former, content, runs);
    WorkloadFile.Request request = old.request(cluster.traces(), Backends.all());
    device.checkMemory(request.workload());
    remarks.accept(workload + " on " + target().folder() + ": " + words);
    RunFolder made = old.again(request, settings(old.settings(), request, runs));
    run = made.name();
    Place candidates = made.path().resolve(CANDIDATE);
    Place bundle = tune.bundle(device, request.workload(), made, candidates);
    return published(right, words, made, bundle);
  }

  /** The run that made a bundle. */
  private RunFolder made(InPlace bundle, InPlace.Content content, List<RunFolder> runs) {
    Optional<String> name = Optional.ofNullable(content.manifest().tools().get(BundleManifest.RUN));
    return runs.stream()
        .filter(
            folder ->
                name.map(folder.name()::equals)
                    .orElseGet(
                        () -> folder.settings().target().equals(content.manifest().target())))
        .findFirst()
        .or(() -> runs.stream().findFirst())
        .orElseThrow(
            () ->
                new UserError(
                    "no run of "
                        + bundle.workload()
                        + " is under "
                        + options.root().out()
                        + "/runs, so that its shapes are not known; run tune with its workload"
                        + " file and --out "
                        + options.root().out()));
  }

  private RunFolder.Settings settings(
      RunFolder.Settings old, WorkloadFile.Request request, List<RunFolder> runs) {
    Effort effort = options.effort().orElse(old.effort());
    Budget fresh = old.warmFrom().isEmpty() ? old.budget() : whole(effort, request);
    Budget whole = options.effort().map(Effort::budget).orElse(fresh);
    boolean same = old.target().fingerprint().equals(target().fingerprint());
    return new RunFolder.Settings(
        RunFolder.Settings.SCHEMA_VERSION,
        old.workloadFile(),
        effort,
        options.limits().of(Hardware.of(target()).warmEffort(effort).budget(whole)),
        SearchMethod.EVOLUTIONARY, // no other can start warm
        old.seed(),
        device.threads(same ? OptionalInt.of(old.threads()) : OptionalInt.empty()),
        options.key().isPresent(),
        runs.stream().limit(MOST_RUNS).map(folder -> folder.path().toString()).toList(),
        old.trace(),
        old.prepare(),
        target());
  }

  /** What a run that begins with nothing would have: those before had a share of it. */
  private static Budget whole(Effort effort, WorkloadFile.Request request) {
    return request.effort() == effort ? request.budget() : effort.budget();
  }

  private RetuneReport.Line published(Right right, String words, RunFolder made, Place bundle) {
    InPlace.Content candidate =
        content(InPlace.of(bundle.parent().orElseThrow().resolve("latest"), Trust.anyone()));
    if (inPlace.flatMap(InPlace::content).isPresent()) {
      Contest.Result result =
          new Contest(timer(0)).of(inPlace.get().content().get(), candidate, target());
      if (result.isSlower()) {
        return line(
            RetuneReport.Verdict.KEPT, words + "; kept, since " + result.words() + ": " + bundle);
      }
      words += "; " + result.words();
    }
    refuseLost(right, bundle);
    Place place =
        new BundleWriter(options.root().bundles(), options.key())
            .publish(candidate.manifest(), candidate.files().published());
    published = place.toString();
    tidy(made, place);
    options.keep().ifPresent(most -> BundleWriter.prune(place, most));
    return line(RetuneReport.Verdict.REPUBLISHED, words + "; published " + place);
  }

  /** A process that was stopped for long may find another at work. */
  private void refuseLost(Right right, Place bundle) {
    if (!right.isHeld()) {
      throw new EnvironmentFault(
          "the lock of "
              + workload
              + " was lost to another process while this one was held up; the new bundle is not"
              + " published: "
              + bundle);
    }
  }

  /** The run names the bundle where it is now, and keeps no other copy. */
  private void tidy(RunFolder made, Place place) {
    try {
      Optional<RunResult> result = made.result();
      if (result.isPresent()) {
        made.write(result.get().at(place.absolute().toString()));
      }
      made.path().resolve(CANDIDATE).delete();
    } catch (IOException | UserError | EnvironmentFault e) {
      remarks.accept(
          "the run " + made.name() + " still has a copy of its bundle: " + e.getMessage());
    }
  }
}
