package tessera.job.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tessera.Count;
import tessera.backend.WeightsForm;
import tessera.job.deliver.Delivery;
import tessera.job.deliver.HeldOut;
import tessera.job.run.Progress;
import tessera.operator.Epilogue;
import tessera.runtime.BundleManifest;

/** What a person reads at the end of a run, and of inspect. */
final class Report {
  private Report() {}

  static void print(PrintStream to, Delivery.Result result, Progress progress) {
    table(to, result.manifest());
    to.printf(
        Locale.ROOT,
        "%s and a contest of %s in %.0f s (%.0f s measuring trials), device busy %.0f%% of measuring rounds; %s%n",
        Count.of(progress.trials(), "trial"),
        Count.of(progress.contestants(), "micro-kernel"),
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

  private static String words(HeldOut heldOut) {
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
    if (manifest.expected().isEmpty()) {
      to.println("no shape was timed with the bundle: no time was left");
      return;
    }
    boolean vendor = hasVendor(manifest.expected()) || hasVendor(manifest.preparedExpected());
    to.printf(
        Locale.ROOT,
        "%-20s %12s %10s %8s %10s  %s%n",
        String.join(",", manifest.workload().variables()),
        "us",
        "GFLOP/s",
        "regret",
        vendor ? "vs vendor" : "",
        "micro-kernel");
    manifest.tuned().forEach(e -> row(to, e, manifest.planName(e.plan()), ""));
    manifest.beyond().forEach(e -> row(to, e, manifest.planName(e.plan()), " beyond"));
    if (hasVendor(manifest.tuned())) {
      to.printf(
          Locale.ROOT,
          "against the better of %s on each shape: %s%n",
          manifest.tools().get("vendor"),
          ratios(manifest.tuned()));
    }
    if (!vendor && !manifest.workload().epilogue().equals(Epilogue.NONE.key())) {
      to.println(
          "no library was timed beside it: they are compared on products without an epilogue, and this one has "
              + manifest.workload().epilogue());
    }
    peers(to, manifest.tuned());
    if (!manifest.beyond().isEmpty()) {
      beyond(to, manifest.beyond());
    }
    prepared(to, manifest);
  }

  /** The same of calls with prepared weights, where a bundle serves them otherwise. */
  private static void prepared(PrintStream to, BundleManifest manifest) {
    if (!manifest.preparesToo()) {
      return;
    }
    to.printf(
        Locale.ROOT,
        "with prepared weights, which take %.1f MB more:%n",
        1e-6 * manifest.preparedBytes());
    for (BundleManifest.Expected e : manifest.preparedExpected()) {
      row(to, e, manifest.preparedPlanName(e.plan()), "");
    }
    List<BundleManifest.Expected> tuned =
        manifest.preparedExpected().stream().filter(e -> e.weight() > 0).toList();
    if (hasVendor(tuned)) {
      to.printf(
          Locale.ROOT,
          "prepared, against the better of %s weights: %s%n",
          others(manifest, tuned),
          ratios(tuned));
    }
    peers(to, tuned);
  }

  /** Before schema version 8 no library was given prepared weights. */
  private static String others(BundleManifest manifest, List<BundleManifest.Expected> prepared) {
    String names = BundleManifest.peers(prepared, WeightsForm.PREPARED);
    return names.isEmpty() ? manifest.tools().get("vendor") + " on plain" : names + " on prepared";
  }

  /** A line for each library in each form, where there are several. */
  private static void peers(PrintStream to, List<BundleManifest.Expected> shapes) {
    Map<String, List<Double>> ratios = new TreeMap<>();
    shapes.forEach(
        shape ->
            shape
                .peers()
                .forEach(
                    peer ->
                        ratios
                            .computeIfAbsent(peer.label(), label -> new ArrayList<>())
                            .add(peer.seconds() / shape.seconds())));
    if (ratios.size() > 1) {
      ratios.forEach(
          (label, all) ->
              to.printf(
                  Locale.ROOT,
                  "against %s: %s%n",
                  label,
                  ratios(all.stream().mapToDouble(Double::doubleValue).toArray())));
    }
  }

  private static boolean hasVendor(List<BundleManifest.Expected> some) {
    return some.stream().anyMatch(e -> e.vendorSeconds() > 0);
  }

  /**
   * @param plan the plan's name
   */
  private static void row(PrintStream to, BundleManifest.Expected e, String plan, String mark) {
    to.printf(
        Locale.ROOT,
        "%-20s %12.1f %10.1f %7.2f%% %10s  %s%n",
        e.shape().toString().replaceAll("[\\[\\] ]", "") + mark,
        1e6 * e.seconds(),
        e.gflops(),
        100 * e.regret(),
        e.vendorSeconds() > 0
            ? String.format(Locale.ROOT, "%.2fx", e.vendorSeconds() / e.seconds())
            : "",
        plan);
  }

  /** The mean and the worst of the ratios to the vendor's time, where there is one. */
  private static String ratios(List<BundleManifest.Expected> some) {
    return ratios(
        some.stream()
            .filter(e -> e.vendorSeconds() > 0)
            .mapToDouble(e -> e.vendorSeconds() / e.seconds())
            .toArray());
  }

  private static String ratios(double[] ratios) {
    return String.format(
        Locale.ROOT,
        "geometric mean %.3fx, worst %.3fx",
        Math.exp(Arrays.stream(ratios).map(Math::log).average().orElseThrow()),
        Arrays.stream(ratios).min().orElseThrow());
  }

  private static void beyond(PrintStream to, List<BundleManifest.Expected> shapes) {
    to.printf(
        Locale.ROOT,
        "beyond the tuned range, %d %s: %sregret at most %.2f%%%n",
        shapes.size(),
        shapes.size() == 1 ? "shape" : "shapes",
        hasVendor(shapes) ? ratios(shapes) + ", " : "",
        100 * shapes.stream().mapToDouble(BundleManifest.Expected::regret).max().orElseThrow());
  }
}
