package tessera.job.cli.retune;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tessera.EnvironmentFault;
import tessera.analysis.JsonForm;
import tessera.backend.Hardware;
import tessera.integrity.SigningKey;
import tessera.job.cli.RunReport;
import tessera.job.cli.options.BudgetOptions;
import tessera.job.cli.options.PublicationOptions;
import tessera.job.cli.options.TrustOption;
import tessera.job.cli.options.WaitOption;
import tessera.job.deliver.Delivery;
import tessera.job.lock.PlaceLock;
import tessera.job.records.RunFolder;
import tessera.job.retune.Retune;
import tessera.job.retune.RetuneReport;
import tessera.job.retune.Root;
import tessera.job.run.Device;
import tessera.job.run.Interruption;
import tessera.job.run.Progress;
import tessera.job.run.RunLock;
import tessera.job.run.Terminal;
import tessera.job.run.TuningRun;
import tessera.job.spark.Cluster;
import tessera.job.tune.Likeness;
import tessera.job.tune.Tuner;
import tessera.job.tune.WarmSources;
import tessera.job.warm.WarmStart;
import tessera.storage.Place;
import tessera.workload.Effort;
import tessera.workload.Workload;

@Command(
    name = "retune",
    mixinStandardHelpOptions = true,
    description = {
      "Looks whether the newest bundles under a root are still right for what the executors have,"
          + " and puts others in the place of those that are not.",
      "Exit codes: 0 nothing to do, 10 published, 11 stale and kept, 13 left to another process.",
      "",
      "Example: tessera retune --bundles out --dry-run"
    })
public final class RetuneCommand implements Callable<Integer> {
  private static final String STANDARD_OUTPUT = "-";

  @Option(
      names = "--bundles",
      required = true,
      paramLabel = "ROOT",
      description =
          "What was --out of tune, or its folder bundles: a path, or a URI such as hdfs://host/out.")
  private Place root;

  @Option(
      names = "--workload",
      paramLabel = "NAME",
      description = "Only this workload's bundles; may be given several times.")
  private List<String> workloads = List.of();

  @Option(
      names = "--dry-run",
      description = "Measure no more than the canary, tune nothing and publish nothing.")
  private boolean dryRun;

  @Option(
      names = "--effort",
      description =
          "quick, standard or full, of which a warm start takes a share; by default that of the run"
              + " that made the bundle.")
  private Optional<String> effort = Optional.empty();

  @Option(
      names = "--json",
      arity = "0..1",
      fallbackValue = STANDARD_OUTPUT,
      paramLabel = "FILE",
      description =
          "A file for what was found and done as JSON; without a name, or with -, it is printed"
              + " instead of the lines.")
  private Optional<String> json = Optional.empty();

  @Mixin private BudgetOptions budget;

  @Mixin private PublicationOptions publication;

  @Mixin private WaitOption wait;

  @Mixin private TrustOption trust;

  private Optional<SigningKey> signingKey = Optional.empty();

  @Override
  public Integer call() {
    Duration patience = wait.duration();
    signingKey = publication.signingKey();
    JsonForm.of(json).check();
    Retune.Options options =
        new Retune.Options(
            Root.of(root),
            workloads,
            dryRun,
            trust.chosen(),
            signingKey,
            publication.keep(),
            effort.map(Effort::of),
            budget.limits());
    PrintStream lines = json.filter(STANDARD_OUTPUT::equals).isPresent() ? System.err : System.out;
    Retune retune = new Retune(options, line -> say(line, lines), System.err::println);
    if (!dryRun) {
      RunFolder.check(options.root().out(), "--bundles");
    }
    try (Cluster cluster = Cluster.start(patience)) {
      RetuneReport report =
          retune.report(
              cluster, (device, workload, run, out) -> tuned(cluster, device, workload, run, out));
      JsonForm.of(json).write("retune", report);
      return report.exitCode();
    }
  }

  private Place tuned(Cluster cluster, Device device, Workload workload, RunFolder run, Place out) {
    RunFolder.Settings settings = run.settings();
    long start = System.nanoTime();
    double whole = settings.budget().seconds();
    Progress progress =
        new Progress(
            System.err,
            Terminal.isOnStandardError(),
            settings.budget(),
            start,
            cluster.begins(run.name(), whole, whole));
    Delivery.Result result;
    try (PlaceLock lock = RunLock.hold(run);
        Interruption interruption =
            new Interruption(
                System.err,
                "interrupted; the bundle in place stays, and the next retune begins again")) {
      TuningRun tuning =
          new TuningRun(
              cluster,
              Hardware.of(settings.target()),
              device.report().memoryBytes(),
              workload,
              settings,
              run,
              out,
              signingKey,
              progress,
              warm(cluster, settings, workload),
              List.of());
      result = new Tuner(tuning).tune();
    } finally {
      progress.end();
    }
    RunReport.write(cluster, run, System.err);
    result
        .fault()
        .ifPresent(
            why -> {
              throw new EnvironmentFault("the new bundle has a fault: " + why);
            });
    return result.bundle();
  }

  /** Where the process is being stopped a bundle fails of that, which has been said. */
  private static void say(RetuneReport.Line line, PrintStream to) {
    if (!Interruption.isUnderWay()) {
      to.println(line);
    }
  }

  private static WarmStart warm(Cluster cluster, RunFolder.Settings settings, Workload workload) {
    WarmSources.Found found =
        new WarmSources(cluster, new Likeness(settings.target(), workload))
            .find(settings.warmFrom().stream().map(Place::of).toList());
    found.remarks().forEach(System.err::println);
    return found.start();
  }
}
