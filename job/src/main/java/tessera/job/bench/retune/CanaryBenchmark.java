package tessera.job.bench.retune;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.job.bench.Figures;
import tessera.job.canary.Canary;
import tessera.job.canary.Drift;
import tessera.job.run.LocalDevice;
import tessera.measure.Patience;
import tessera.runtime.Baseline;
import tessera.runtime.Bundle;
import tessera.runtime.BundleFiles;
import tessera.trial.TrialRunner;

/**
 * How often the canary takes an up-to-date bundle for one that has drifted, and how often it
 * notices one that is slower on purpose. Each pass has a process of its own.
 */
public final class CanaryBenchmark {
  private static final String CHECKS = "checks";

  private final Bundle bundle;
  private final Baseline baseline;
  private final Backend backend;
  private final PrintStream to;
  private final Figures figures;
  private final String machine;

  /**
   * @param bundle for a CPU of this machine
   * @param machine what else it does, in words
   */
  public CanaryBenchmark(Bundle bundle, String machine, PrintStream to, Figures figures) {
    this.bundle = bundle;
    this.baseline =
        Baseline.of(bundle)
            .orElseThrow(
                () ->
                    new UserError(
                        bundle.folder()
                            + " has no "
                            + Baseline.FILE
                            + "; tune the workload again"));
    this.backend = LocalDevice.of(bundle);
    this.machine = machine;
    this.to = to;
    this.figures = figures;
  }

  /** Looks so many times at the bundle as it is. */
  public void alarms(int checks) {
    List<Drift> drifts = checks(BundleFiles.of(bundle), checks);
    long alarms = drifts.stream().filter(Drift::isBeyond).count();
    sum("up to date", drifts);
    add("false alarms of " + checks + " checks of a bundle that is as it was", alarms, "alarms");
    percent("the largest slowdown that one of these found", most(drifts), "highest");
  }

  /** Looks so many times at the bundle with a library that is slower by a share. */
  public void slowed(int checks, double share) {
    List<Drift> drifts = checks(slower(share), checks);
    long noticed = drifts.stream().filter(Drift::isBeyond).count();
    sum("slower by " + Math.round(100 * share) + "%", drifts);
    String words =
        String.format(
            Locale.ROOT,
            "of %d checks of a bundle that is %.0f%% slower, those that noticed it",
            checks,
            100 * share);
    add(words, noticed, "noticed");
    percent("the least slowdown that one of these found", least(drifts), "lowest");
  }

  private void add(String what, long value, String id) {
    figures.add(what + ", " + machine, value, CHECKS, id, machine);
  }

  private void percent(String what, double share, String id) {
    figures.add(what + ", " + machine, 100 * share, "%", id, machine);
  }

  private static double most(List<Drift> drifts) {
    return drifts.stream().mapToDouble(Drift::slowdown).max().orElseThrow();
  }

  private static double least(List<Drift> drifts) {
    return drifts.stream().mapToDouble(Drift::slowdown).min().orElseThrow();
  }

  private BundleFiles slower(double share) {
    Map<String, byte[]> files = new HashMap<>(BundleFiles.of(bundle).published());
    files.put(Bundle.LIBRARY, SlowedLibrary.of(bundle.folder().resolve(Bundle.LIBRARY), share));
    return BundleFiles.of(bundle.manifest(), files);
  }

  private List<Drift> checks(BundleFiles files, int checks) {
    List<Drift> drifts = new ArrayList<>();
    for (int i = 0; i < checks; i++) {
      Drift drift = check(files);
      if (!drift.isKnown()) {
        throw new UserError(bundle.folder() + " cannot be timed here: " + drift.words());
      }
      drifts.add(drift);
    }
    return drifts;
  }

  private Drift check(BundleFiles files) {
    List<TrialRunner> runners = new ArrayList<>();
    try {
      return new Canary(
              pass -> {
                runners.add(
                    new TrialRunner(
                        List.of(backend),
                        bundle.manifest().workload().anywhere(),
                        pass,
                        Patience.USUAL));
                return runners.get(runners.size() - 1).bundles();
              })
          .check(files, bundle.manifest(), baseline, backend.target());
    } finally {
      runners.forEach(TrialRunner::close);
    }
  }

  private void sum(String what, List<Drift> drifts) {
    double[] found = drifts.stream().mapToDouble(Drift::slowdown).sorted().toArray();
    to.printf(
        Locale.ROOT,
        "%s, %s: %d of %d checks say that it drifted; slowdown %.1f%% to %.1f%%, median %.1f%%, band"
            + " %.1f%%, %d needed a second pass%n",
        what,
        machine,
        drifts.stream().filter(Drift::isBeyond).count(),
        found.length,
        100 * found[0],
        100 * found[found.length - 1],
        100 * found[found.length / 2],
        100 * drifts.get(0).band(),
        drifts.stream().filter(drift -> drift.passes() > 1).count());
  }
}
