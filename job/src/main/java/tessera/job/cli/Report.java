package tessera.job.cli;

import java.io.PrintStream;
import java.util.Locale;
import tessera.job.deliver.Delivery;
import tessera.job.run.Progress;
import tessera.runtime.BundleManifest;

/** What a person reads at the end of a run, and of inspect. */
final class Report {
  private Report() {}

  static void print(PrintStream to, Delivery.Result result, Progress progress) {
    table(to, result.manifest());
    to.printf(
        Locale.ROOT,
        "%d trials and a contest of %d micro-kernels in %.0f s (%.0f s measuring trials), device busy %.0f%% of measuring rounds; %s%n",
        progress.trials(),
        progress.contestants(),
        progress.elapsedSeconds(),
        progress.measuringSeconds(),
        100 * progress.overallBusyShare(),
        words(result.heldOut()));
    waited(to, progress.waitedSeconds());
    reach(to, result.manifest());
    result
        .fault()
        .ifPresent(
            why ->
                to.println(
                    "do not use "
                        + result.bundle()
                        + ": a micro-kernel in it failed after it was published, and no other bundle could be: "
                        + why));
    to.println("bundle: " + result.bundle());
  }

  /** Less than half a second is no wait for a run of another. */
  private static void waited(PrintStream to, double seconds) {
    if (seconds >= 0.5) {
      to.printf(
          Locale.ROOT,
          "waited %.0f s of it for devices that other programs used, which the budget does not count%n",
          seconds);
    }
  }

  private static String words(Delivery.HeldOut heldOut) {
    if (heldOut.failure().isPresent()) {
      return "shapes that were not timed before were not looked at: " + heldOut.failure().get();
    }
    if (heldOut.wanted() == 0) {
      return "every shape was timed";
    }
    return heldOut
        .regret()
        .map(
            regret ->
                String.format(
                    Locale.ROOT,
                    "dispatch regret on %d of %d shapes that were not timed before: mean %.2f%%, worst %.2f%%",
                    heldOut.timed(),
                    heldOut.wanted(),
                    100 * regret.mean(),
                    100 * regret.worst()))
        .orElse("no time was left to look at shapes that were not timed before");
  }

  /** Which other processors a bundle for a narrowed one is for. */
  static void reach(PrintStream to, BundleManifest manifest) {
    manifest.target().reach().ifPresent(all -> to.println("runs on " + all));
  }

  /** A line for each instance that was measured. */
  static void table(PrintStream to, BundleManifest manifest) {
    boolean vendor = manifest.expected().stream().anyMatch(e -> e.vendorSeconds() > 0);
    to.printf(
        Locale.ROOT,
        "%-20s %12s %10s %8s %10s  %s%n",
        String.join(",", manifest.workload().variables()),
        "us",
        "GFLOP/s",
        "regret",
        vendor ? "vs vendor" : "",
        "micro-kernel");
    double logRatio = 0;
    double worst = Double.POSITIVE_INFINITY;
    for (BundleManifest.Expected e : manifest.expected()) {
      double ratio = e.vendorSeconds() / e.seconds();
      logRatio += Math.log(ratio) / manifest.expected().size();
      worst = Math.min(worst, ratio);
      to.printf(
          Locale.ROOT,
          "%-20s %12.1f %10.1f %7.2f%% %10s  %s%n",
          e.shape().toString().replaceAll("[\\[\\] ]", ""),
          1e6 * e.seconds(),
          e.gflops(),
          100 * e.regret(),
          vendor ? String.format(Locale.ROOT, "%.2fx", ratio) : "",
          manifest.planName(e.plan()));
    }
    if (vendor) {
      to.printf(
          Locale.ROOT,
          "against the better of %s on each shape: geometric mean %.3fx, worst %.3fx%n",
          manifest.tools().get("vendor"),
          Math.exp(logRatio),
          worst);
    }
  }
}
