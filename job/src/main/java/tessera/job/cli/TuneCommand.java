package tessera.job.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.backend.Backends;
import tessera.backend.Hardware;
import tessera.backend.Peer;
import tessera.backend.Target;
import tessera.effort.EffortRow;
import tessera.integrity.SigningKey;
import tessera.job.cli.options.BudgetOptions;
import tessera.job.cli.options.PeerOption;
import tessera.job.cli.options.PublicationOptions;
import tessera.job.cli.options.TraceOption;
import tessera.job.cli.options.WaitOption;
import tessera.job.deliver.Delivery;
import tessera.job.lock.PlaceLock;
import tessera.job.records.RunEvents;
import tessera.job.records.RunFolder;
import tessera.job.run.Device;
import tessera.job.run.Interruption;
import tessera.job.run.Progress;
import tessera.job.run.RunLock;
import tessera.job.run.Terminal;
import tessera.job.run.TuningRun;
import tessera.job.search.SearchMethod;
import tessera.job.spark.Cluster;
import tessera.job.tune.KindRuns;
import tessera.job.tune.Likeness;
import tessera.job.tune.Tuner;
import tessera.job.tune.WarmSources;
import tessera.job.warm.WarmStart;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Preparation;
import tessera.workload.Workload;
import tessera.workload.WorkloadFile;

@Command(
    name = "tune",
    mixinStandardHelpOptions = true,
    description = {
      "Tunes a workload on the executors, by default this machine, and publishes a kernel bundle.",
      "",
      "Example: tessera tune conf/workloads/bert-dense.yaml --effort quick"
    })
public final class TuneCommand implements Callable<Integer> {
  /** Options that a run keeps, with which no run is resumed. */
  private static final List<String> SETTINGS =
      List.of(
          "--effort",
          "--trials",
          "--seconds",
          "--strategy",
          "--seed",
          "--threads",
          "--isa",
          "--warm-from",
          "--trace",
          "--column",
          "--count");

  @Parameters(
      arity = "0..1",
      paramLabel = "WORKLOAD",
      description = "The workload file (YAML): a path, or a URI such as hdfs://host/w.yaml.")
  private Place file;

  @Option(
      names = "--out",
      defaultValue = "out",
      description =
          "Where runs and bundles go: a path, or a URI such as hdfs://host/out (default:"
              + " ${DEFAULT-VALUE}).")
  private Place out;

  @Option(
      names = "--resume",
      paramLabel = "RUN",
      description =
          "Go on with an earlier run, by its path or its name under OUT/runs, with its settings;"
              + " its bundle goes where the run's --out was.")
  private String resume;

  @Option(
      names = "--effort",
      description =
          "quick, standard or full: how the run searches and what it measures, with a budget of its"
              + " own; replaces the file's effort and budget. A file that gives trials without an"
              + " effort has the least effort with as many.")
  private String effort;

  @Option(
      names = "--strategy",
      defaultValue = "evolutionary",
      description =
          "evolutionary, random, or per-shape: each sampled instance alone, with the whole budget"
              + " (default: ${DEFAULT-VALUE}).")
  private String strategy;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of all random choices (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--threads",
      description =
          "Threads of the operator; by default all cores that this process may use, or"
              + " OMP_NUM_THREADS where that is fewer.")
  private Integer threads;

  @Option(
      names = "--isa",
      paramLabel = "SET",
      description =
          "Instruction set of a CPU: with avx2 or x86-64-v2 the bundle runs on every x86-64"
              + " processor that has it; avx512 and neon are for processors like this one alone."
              + " All that this one has by default.")
  private String isa;

  @Option(
      names = "--warm-from",
      paramLabel = "RUN|BUNDLE|ROOT",
      description =
          "Begin with what former runs measured, of this workload or another of the same operator"
              + " and types, on hardware of the same kind: a run's folder, a bundle's, or one with"
              + " runs and bundles; a path or a URI, and may be given several times. Takes a share"
              + " of the trials and seconds, unless these are given.")
  private List<Place> warmFrom = List.of();

  @Mixin private TraceOption trace;

  @Mixin private PeerOption peerOption;

  @Mixin private BudgetOptions budget;

  @Mixin private PublicationOptions publication;

  @Mixin private WaitOption wait;

  @Spec private CommandSpec spec;

  private Budget.Limits limits = new Budget.Limits(Optional.empty(), Optional.empty());
  private Optional<Integer> keep = Optional.empty();
  private Optional<SigningKey> signingKey = Optional.empty();
  private List<Peer> peers = List.of();

  @Override
  public Integer call() {
    long start = System.nanoTime();
    if ((file == null) == (resume == null)) {
      throw new UserError("give either a workload file or --resume RUN; try tessera tune --help");
    }
    SearchMethod method = SearchMethod.of(strategy);
    // before anything is measured, since a key that cannot sign would spoil the whole run
    signingKey = publication.signingKey();
    keep = publication.keep();
    limits = budget.limits();
    peers = peerOption.chosen();
    Duration patience = wait.duration();
    if (resume != null) {
      refuseSettings();
    }
    if (!warmFrom.isEmpty() && method != SearchMethod.EVOLUTIONARY) {
      throw new UserError(
          "--strategy "
              + method.key()
              + " begins with nothing; leave --warm-from or --strategy out");
    }
    warmFrom.forEach(WarmSources::check);
    try (Cluster cluster = Cluster.start(patience)) {
      return resume == null ? fresh(cluster, method, start) : resumed(cluster, start);
    }
  }

  /** A resumed run has settings already. */
  private void refuseSettings() {
    for (String option : SETTINGS) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new UserError(
            "a resumed run goes on with the settings that it began with; leave " + option + " out");
      }
    }
  }

  private int fresh(Cluster cluster, SearchMethod method, long start) {
    WorkloadFile.Request request =
        WorkloadFile.read(file, cluster.traces(), trace.chosen(), Backends.all());
    RunFolder.check(out, "--out");
    request.trace().ifPresent(read -> System.err.println(trace.words(read)));
    Cluster.Found found = cluster.detect(request.target(), Optional.ofNullable(isa));
    found.remarks().forEach(System.err::println);
    List<Device> devices = found.kinds().stream().map(Device::new).toList();
    devices.forEach(device -> device.checkMemory(request.workload()));
    List<RunFolder.Settings> settings =
        devices.stream().map(device -> settings(request, method, device)).toList();
    settings.forEach(its -> lookAtPeers(cluster, request.workload(), its));
    List<KindRuns.Run> runs = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      Device device = devices.get(i);
      RunFolder.Settings its = settings.get(i);
      boolean first = i == 0; // each of the others has the whole budget, too
      runs.add(
          new KindRuns.Run(
              device.target().words(),
              () -> tune(cluster, device, request, its, first ? start : System.nanoTime())));
    }
    return new KindRuns(Interruption::isUnderWay, System.err::println).all(runs);
  }

  private RunFolder.Settings settings(
      WorkloadFile.Request request, SearchMethod method, Device device) {
    Optional<Effort> chosen = Optional.ofNullable(effort).map(Effort::of);
    Effort its = chosen.orElse(request.effort());
    Budget whole = chosen.map(Effort::budget).orElse(request.budget());
    return new RunFolder.Settings(
        RunFolder.Settings.SCHEMA_VERSION,
        file.absolute().toString(),
        its,
        limits.of(whole),
        method,
        seed,
        device.threads(threads == null ? OptionalInt.empty() : OptionalInt.of(threads)),
        signingKey.isPresent(),
        warmFrom.stream().map(place -> place.absolute().toString()).toList(),
        trace.chosen().map(choice -> choice.file().absolute().toString()).orElse(""),
        Preparation.USUAL.key(),
        device.target());
  }

  private int tune(
      Cluster cluster,
      Device device,
      WorkloadFile.Request request,
      RunFolder.Settings whole,
      long start) {
    Workload workload = request.workload();
    WarmStart warm = warmFrom.isEmpty() ? WarmStart.NONE : warm(cluster, whole, workload);
    RunFolder.Settings settings =
        warm.isNone() ? whole : whole.withBudget(share(whole, warm.isOf(workload)));
    RunFolder run = RunFolder.create(out, workload.name(), settings, file, request.trace());
    return tune(cluster, device, workload, settings, run, warm, start);
  }

  /** Before anything is measured, since a run is not to fail by its last step. */
  private void lookAtPeers(Cluster cluster, Workload workload, RunFolder.Settings settings) {
    cluster.lookAt(
        peers,
        workload,
        settings.target(),
        settings.seed(),
        settings.budget().seconds(),
        RunEvents.remarks(System.err::println));
  }

  /** What a warm run takes of a budget, of which trials and seconds that are given stay. */
  private Budget share(RunFolder.Settings whole, boolean isSame) {
    EffortRow row = whole.effortRow(Hardware.of(whole.target()));
    return limits.of(isSame ? row.budget(whole.budget()) : row.otherBudget(whole.budget()));
  }

  private WarmStart warm(Cluster cluster, RunFolder.Settings settings, Workload workload) {
    WarmSources.Found found = sources(cluster, settings, workload).read(warmFrom);
    found.remarks().forEach(System.err::println);
    return found.start();
  }

  private static WarmSources sources(
      Cluster cluster, RunFolder.Settings settings, Workload workload) {
    return new WarmSources(cluster, new Likeness(settings.target(), workload));
  }

  /** What a run began with, as far as it is still there; it has trials of its own, too. */
  private static WarmStart warmAgain(
      Cluster cluster, RunFolder.Settings settings, Workload workload) {
    if (settings.warmFrom().isEmpty()) {
      return WarmStart.NONE;
    }
    WarmSources.Found found =
        sources(cluster, settings, workload)
            .find(settings.warmFrom().stream().map(Place::of).toList());
    found.remarks().forEach(System.err::println);
    if (found.start().isNone()) {
      System.err.println("the run goes on without what it began with");
    }
    return found.start();
  }

  private int resumed(Cluster cluster, long start) {
    RunFolder run = RunFolder.open(out, resume);
    RunFolder.Settings settings = run.settings();
    if (settings.signed() && signingKey.isEmpty()) {
      throw new UserError("run " + run.name() + " signs its bundle; give --sign-key again");
    }
    Target tuned = settings.target();
    Cluster.Found found = cluster.detect(tuned.kind(), Backends.of(tuned).narrowing(tuned));
    Device device =
        found.kinds().stream()
            .map(Device::new)
            .filter(kind -> kind.target().fingerprint().equals(tuned.fingerprint()))
            .findFirst()
            .orElseThrow(() -> elsewhere(run, tuned, found.kinds().get(0).target()))
            .as(tuned);
    WorkloadFile.Request request = run.request(cluster.traces(), Backends.all());
    device.checkMemory(request.workload());
    lookAtPeers(cluster, request.workload(), settings);
    WarmStart warm = warmAgain(cluster, settings, request.workload());
    return tune(cluster, device, request.workload(), settings, run, warm, start);
  }

  /** With the libraries that it is compared with, which a run does not keep. */
  private String resumption(RunFolder run) {
    return Stream.concat(Stream.of(run.resumption()), peers.stream().map(Peer::toString))
        .collect(Collectors.joining(" "));
  }

  private static UserError elsewhere(RunFolder run, Target tuned, Target here) {
    return new UserError(
        "run "
            + run.name()
            + " was measured on "
            + tuned.words()
            + ", this is "
            + here.words()
            + "; start a new run here");
  }

  private int tune(
      Cluster cluster,
      Device device,
      Workload workload,
      RunFolder.Settings settings,
      RunFolder run,
      WarmStart warm,
      long start) {
    double budget = settings.budget().seconds();
    double left = budget - 1e-9 * (System.nanoTime() - start);
    Progress progress =
        new Progress(
            System.err,
            Terminal.isOnStandardError(),
            settings.budget(),
            start,
            cluster.begins(run.name(), left, budget));
    System.err.println(
        "tuning "
            + workload.name()
            + " on "
            + settings.target().model()
            + " with effort "
            + settings.effort().key()
            + " ("
            + settings.budget()
            + "), run "
            + run.name());
    device.report().restrictions().forEach(System.err::println);
    cluster.page().ifPresent(page -> System.err.println("Spark shows its jobs at " + page));
    Delivery.Result result;
    try (PlaceLock lock = RunLock.hold(run);
        Interruption interruption =
            new Interruption(
                System.err, "interrupted; whole rounds are kept: go on with " + resumption(run))) {
      TuningRun tuning =
          new TuningRun(
              cluster,
              Hardware.of(settings.target()),
              device.report().memoryBytes(),
              workload,
              settings,
              run,
              run.out(),
              signingKey,
              progress,
              warm,
              peers);
      result = new Tuner(tuning).tune();
    } catch (EnvironmentFault e) {
      throw e.with("what was measured is kept: go on with " + resumption(run));
    } finally {
      progress.end();
    }
    Report.print(System.out, result, progress);
    RunReport.write(cluster, run, System.out);
    keep.ifPresent(most -> BundleWriter.prune(result.bundle(), most));
    return result.fault().isPresent() ? 1 : 0;
  }
}
