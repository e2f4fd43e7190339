package tessera.job.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tessera.UserError;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.job.predict.PlanTimes;
import tessera.operator.GemmShape;
import tessera.runtime.BundleManifest;
import tessera.workload.Instance;

/**
 * Why a bundle runs what it runs on one shape: the way through its decision tree, the plan at the
 * end with its micro-kernels, what it takes, and which plan is next.
 */
final class ShapeReport {
  private final DecisionTree tree;
  private final BundleManifest manifest;
  private final List<Instance> measured;
  private final PlanTimes times;
  private final List<Long> values;
  private final GemmShape shape;

  /**
   * @param measured instances in the bundle's table of times
   * @param values of the shape variables
   */
  ShapeReport(
      DecisionTree tree,
      BundleManifest manifest,
      List<Instance> measured,
      PlanTimes times,
      List<Long> values) {
    this.tree = tree;
    this.manifest = manifest;
    this.measured = measured;
    this.times = times;
    this.values = List.copyOf(values);
    this.shape = shape();
  }

  private GemmShape shape() {
    try {
      return manifest.workload().anywhere().shape(array());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new UserError(
          words()
              + " has no size in "
              + manifest.workload().extents()
              + " ("
              + e.getMessage()
              + "); give other values",
          e);
    }
  }

  private long[] array() {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private String words() {
    List<String> names = manifest.workload().variables();
    return IntStream.range(0, names.size())
        .mapToObj(i -> names.get(i) + "=" + values.get(i))
        .collect(Collectors.joining(", "));
  }

  void print(PrintStream to) {
    to.printf(
        Locale.ROOT,
        "shape      %s: batch %d, m %d, n %d, k %d%n",
        words(),
        shape.batch(),
        shape.m(),
        shape.n(),
        shape.k());
    beyond().forEach(line -> to.println("range      " + line));
    choice(to);
  }

  /** What is chosen, without the shape. */
  void choice(PrintStream to) {
    path(to);
    int plan = tree.select(array());
    plan(to, plan);
    expected(to, plan);
    second(to, plan);
  }

  /**
   * A sentence for each variable whose value lies outside of those that the bundle has times of.
   */
  private List<String> beyond() {
    List<String> lines = new ArrayList<>();
    for (int v = 0; v < values.size(); v++) {
      int variable = v;
      List<Long> seen =
          Stream.concat(
                  measured.stream().map(Instance::values),
                  manifest.expected().stream().map(BundleManifest.Expected::shape))
              .map(known -> known.get(variable))
              .sorted()
              .toList();
      if (!seen.isEmpty()
          && (values.get(v) < seen.get(0) || values.get(v) > seen.get(seen.size() - 1))) {
        lines.add(
            String.format(
                Locale.ROOT,
                "%s=%d is outside of %s, where the bundle was measured; the call is right, its speed a guess",
                manifest.workload().variables().get(v),
                values.get(v),
                range(seen.get(0), seen.get(seen.size() - 1))));
      }
    }
    return lines;
  }

  private static String range(long first, long last) {
    return first == last ? "" + first : first + " to " + last;
  }

  private void path(PrintStream to) {
    List<DecisionTree.Decision> path = tree.path(array());
    if (path.isEmpty()) {
      to.println("path       no test: one plan serves all shapes");
    }
    for (int i = 0; i < path.size(); i++) {
      DecisionTree.Decision test = path.get(i);
      String name = manifest.workload().variables().get(test.variable());
      to.printf(
          Locale.ROOT,
          "%-10s %s%s <= %d: %s%n",
          i == 0 ? "path" : "",
          name,
          test.modulus() == 0 ? "" : " % " + test.modulus(),
          test.threshold(),
          test.passed() ? "yes" : "no");
    }
  }

  /** The plan with a line for each launch: its rows, its micro-kernel and how that is built. */
  private void plan(PrintStream to, int plan) {
    List<LaunchPlan.Part> parts = manifest.plans().get(plan).parts(shape);
    to.printf(
        Locale.ROOT,
        "plan %-5d %s%s%n",
        plan,
        manifest.planName(plan),
        manifest.plans().get(plan).combines() && parts.size() == 1
            ? "; one micro-kernel takes all rows here"
            : "");
    long row = 0;
    for (LaunchPlan.Part part : parts) {
      BundleManifest.KernelEntry kernel = manifest.kernels().get(part.kernel());
      to.printf(
          Locale.ROOT,
          "  rows     %d to %d of %d by kernel %d, %s%n",
          row,
          row + part.shape().m() - 1,
          shape.m(),
          part.kernel(),
          kernel.name());
      to.println("           " + parameters(kernel));
      row += part.shape().m();
    }
  }

  private static String parameters(BundleManifest.KernelEntry kernel) {
    return kernel.parameters().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", ", kernel.family() + ": ", ""));
  }

  private void expected(PrintStream to, int plan) {
    to.println(
        times
            .expected(plan, values)
            .map(
                time ->
                    String.format(
                        Locale.ROOT,
                        "expected   %.1f us, %.1f GFLOP/s, %s%s",
                        1e6 * time.seconds(),
                        1e-9 * shape.flops() / time.seconds(),
                        manifest.threads() > 1 ? "on " + manifest.threads() + " threads, " : "",
                        time.source()))
            .orElse("expected   unknown: this version of Tessera no longer has these kernels"));
  }

  private void second(PrintStream to, int plan) {
    List<PlanTimes.PlanTime> all = times.ofAll(values);
    Optional<PlanTimes.PlanTime> own = all.stream().filter(time -> time.plan() == plan).findFirst();
    Optional<PlanTimes.PlanTime> next =
        all.stream().filter(time -> time.plan() != plan && times.isTimed(time.plan())).findFirst();
    if (next.isEmpty()) {
      to.println(
          manifest.plans().size() == 1
              ? "second     none: one plan serves all shapes"
              : "second     unknown: no other plan has a time on this shape");
      return;
    }
    to.printf(
        Locale.ROOT,
        "second     plan %d, %s: %.1f us%s, %s%n",
        next.get().plan(),
        manifest.planName(next.get().plan()),
        1e6 * next.get().seconds(),
        own.map(
                time ->
                    String.format(
                        Locale.ROOT,
                        ", %.3f times the dispatched plan's %.1f",
                        next.get().seconds() / time.seconds(),
                        1e6 * time.seconds()))
            .orElse(""),
        next.get().source());
  }
}
