package tessera.job.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tessera.Count;
import tessera.UserError;
import tessera.analysis.Analysis;
import tessera.analysis.Inspection;
import tessera.analysis.Recording;
import tessera.backend.Hardware;
import tessera.job.cli.options.JsonOption;
import tessera.job.cli.options.ShapeOption;
import tessera.job.cli.options.TrustOption;
import tessera.job.predict.Extrapolation;
import tessera.job.predict.PlanTimes;
import tessera.job.records.RunFolder;
import tessera.job.spark.Cluster;
import tessera.job.spark.tables.RunFigures;
import tessera.microkernel.SearchSpace;
import tessera.runtime.Bundle;
import tessera.runtime.BundleCopy;
import tessera.runtime.BundleManifest;
import tessera.storage.Place;
import tessera.workload.WorkloadSpec;

@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = {
      "Prints what is inside a bundle, or the figures of a tuning run.",
      "With --shape, says what a bundle runs on one shape, and why."
    })
public final class InspectCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "FOLDER",
      description = "A bundle's folder, or a run's: a path, or a URI.")
  private Place folder;

  @Option(
      names = "--shape",
      paramLabel = "VARIABLE=VALUE",
      split = ",",
      description =
          "A value of every shape variable, as in T=9 or B=2,T=9: prints the way through the decision tree, the plan, "
              + "its micro-kernels, what a call takes and which plan is next; where a bundle serves prepared weights in "
              + "another way, this too; --json has the calls with plain weights alone.")
  private List<String> shape = List.of();

  @Mixin private JsonOption json;

  @Mixin private TrustOption trust;

  @Override
  public Integer call() {
    boolean run = RunFolder.isRunOrBundle(folder);
    if (run && !shape.isEmpty()) {
      throw new UserError(
          "--shape asks for a bundle, and " + folder + " is a run; give the run's bundle");
    }
    if (json.isGiven() && !form()) {
      return 0;
    }
    if (run) {
      run(System.out);
      return 0;
    }
    try (BundleCopy copy = BundleCopy.of(folder, trust.chosen())) {
      Bundle bundle = Bundle.open(copy.folder(), trust.chosen());
      if (shape.isEmpty()) {
        bundle(System.out, bundle);
      } else {
        shape(System.out, bundle);
      }
    }
    return 0;
  }

  /** Whether the text is wanted too. */
  private boolean form() {
    try (Cluster cluster = Cluster.start()) {
      Recording recording = Analysis.of(cluster).open(folder, trust.chosen());
      if (shape.isEmpty()) {
        return json.form().write("inspection", Inspection.of(recording));
      }
      List<Long> values = ShapeOption.values(WorkloadSpec.of(recording.workload()), shape);
      return json.form().write("dispatch", recording.dispatch().get().at(values));
    }
  }

  private void run(PrintStream to) {
    RunFolder run = RunFolder.open(folder, folder.toString());
    RunFolder.Settings settings = run.settings();
    to.println(
        "run        "
            + run.name()
            + ", "
            + settings.strategy().key()
            + ", seed "
            + settings.seed());
    to.println("effort     " + settings.effort().key() + " (" + settings.budget() + ")");
    to.println(
        "target     "
            + settings.target().model()
            + ", peak "
            + Math.round(settings.target().peakGflops())
            + " GFLOP/s");
    try (Cluster cluster = Cluster.start()) {
      for (Place search : run.searches()) {
        if (!search.equals(run.path())) {
          to.println("search     " + search.name());
        }
        search(to, cluster.figures(search));
      }
    }
  }

  private static void search(PrintStream to, RunFigures figures) {
    if (figures.isEmpty()) {
      to.println("no round is finished");
      return;
    }
    to.println(
        "outcomes   "
            + figures.endings().stream().map(e -> e.trials() + " " + e.outcome()).toList());
    for (RunFigures.Reference r : figures.references()) {
      to.printf(
          Locale.ROOT,
          "reference  %.0f GFLOP/s on %s, %.0f to %.0f in nine of ten rounds%n",
          r.median(),
          r.worker(),
          r.low(),
          r.high());
    }
    figures.occupations().forEach(device -> to.println(device.words()));
    to.println("round  trials  ok  busy  held out  Spearman  of the prior  top-8 recall");
    for (RunFigures.Round r : figures.rounds()) {
      to.printf(
          Locale.ROOT,
          "%5d %7d %3d %4.0f%% %9d %9s %13s %13s%n",
          r.round(),
          r.trials(),
          r.ok(),
          100 * r.busyShare(),
          r.heldOut(),
          score(r.heldOut(), 2, "%.3f", r.spearman()),
          score(r.heldOut(), 2, "%.3f", r.priorSpearman()),
          score(r.heldOut(), 1, "%.2f", r.topRecall()));
    }
  }

  /**
   * @param least micro-kernels that were held out, without which there is no such score
   */
  static String score(int heldOut, int least, String form, double score) {
    return heldOut < least ? "-" : String.format(Locale.ROOT, form, score);
  }

  private void shape(PrintStream to, Bundle bundle) {
    BundleManifest manifest = bundle.manifest();
    List<Long> values = ShapeOption.values(manifest.workload(), shape);
    Extrapolation.Table measured;
    try (Cluster cluster = Cluster.start()) {
      measured =
          cluster.readTimings(
              Place.of(bundle.folder().resolve(Bundle.TIMINGS)), manifest.plans().size());
    }
    SearchSpace space = Hardware.of(manifest.target()).space(manifest.workload().anywhere());
    PlanTimes times = new PlanTimes(manifest, measured, space);
    new ShapeReport(bundle.dispatch(), manifest, measured.instances(), times, values).print(to);
    bundle
        .prepared()
        .ifPresent(
            tree -> {
              BundleManifest calls = manifest.ofPreparedCalls();
              to.println("with prepared weights:");
              new ShapeReport(tree, calls, List.of(), PlanTimes.of(calls, space), values)
                  .choice(to);
            });
  }

  private static void bundle(PrintStream to, Bundle bundle) {
    BundleManifest manifest = bundle.manifest();
    to.println(
        "bundle     " + manifest.name() + " " + manifest.id() + ", made " + manifest.created());
    to.println(
        "operator   "
            + manifest.workload().operator()
            + " "
            + manifest.workload().numerics().words()
            + ", epilogue "
            + manifest.workload().epilogue());
    to.println(
        "extents    " + manifest.workload().extents() + " over " + manifest.workload().variables());
    to.println("target     " + manifest.target().words());
    Report.reach(to, manifest);
    to.println("tolerance  " + manifest.tolerance());
    to.println("tools      " + manifest.tools());
    if (manifest.preparedBytes() > 0) {
      to.printf(
          Locale.ROOT, "prepared   weights take %.1f MB more%n", 1e-6 * manifest.preparedBytes());
    }
    to.println(
        "dispatch   "
            + Count.of(bundle.dispatch().leaves(), "leaf")
            + ", depth "
            + bundle.dispatch().depth());
    for (int i = 0; i < manifest.plans().size(); i++) {
      to.println("kernel " + i + "   " + manifest.planName(i));
    }
    for (int i = 0; i < manifest.preparedPlans().size(); i++) {
      to.println("prepared " + i + " " + manifest.preparedPlanName(i));
    }
    Report.table(to, manifest);
  }
}
