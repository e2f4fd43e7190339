package tessera.job.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.Adaptation;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.timed.BeyondRange;

/**
 * Carries a few kernels' times on measured instances over to instances that were not, and to parts
 * of them: f_MK is fitted to the measured ones, f_adapt does the rest, and the two nearest measured
 * ones say how far off that is. So a dispatcher learns where tiles fit and where they do not from
 * far more shapes than there is time to measure.
 */
public final class Extrapolation {
  /*
   * Distances beside the logarithms of extents. An aligned shape and an unaligned one are farther apart than neighbours among the
   * measured shapes, since kernels read and write them in other ways. Between unaligned shapes, each power of two that divides
   * one and not the other counts as much as extents of 1 to 1.6.
   */
  private static final double UNLIKE = 3;
  private static final double UNEVEN = 0.5;

  /**
   * The least time, over the fastest known time of an instance, that a plan is taken to have where
   * it was not measured: it was not measured since it was not expected to be closer.
   */
  private static final double NO_CONTENDER = 1.05;

  /**
   * The weight of a shape that no workload asked for, over the mean weight of a measured one. It is
   * small so that turning points shape the tree without outvoting what is asked for.
   */
  private static final double UNASKED = 0.05;

  private final SearchSpace space;
  private final Workload workload;
  private final int threads;
  private final Table measured;
  private final List<Fitted> kernels;

  /**
   * @param seconds [plan][instance]; NaN where a plan was not measured
   */
  public record Table(List<Instance> instances, double[][] seconds) {}

  /**
   * @param known descriptors of the shapes that it was measured on
   * @param corrections measured over predicted seconds on each of them
   * @param prices predicted seconds of the shapes that were asked for so far
   */
  private record Fitted(
      MicroKernel kernel,
      MicroKernelCost cost,
      List<ShapeDescriptor> known,
      double[] corrections,
      Map<GemmShape, Double> prices) {}

  /**
   * What two shapes are compared by: kernels take alike times, relative to the model's, on shapes
   * whose descriptors are close.
   *
   * @param aligned whether the lengths of all rows are multiples of the space's alignment
   * @param log2Alignment the exponent of the largest power of two, up to the space's alignment,
   *     that divides the lengths of all rows
   * @param logarithms of the extents
   */
  private record ShapeDescriptor(boolean aligned, int log2Alignment, double[] logarithms) {
    ShapeDescriptor(GemmShape shape, int alignment) {
      this(
          shape.n() % alignment == 0 && shape.k() % alignment == 0,
          Long.numberOfTrailingZeros(shape.n() | shape.k() | alignment),
          Arrays.stream(shape.toArray()).mapToDouble(Math::log).toArray());
    }

    double distance(ShapeDescriptor other) {
      double distance = aligned == other.aligned ? 0 : UNLIKE;
      distance += UNEVEN * Math.abs(log2Alignment - other.log2Alignment);
      for (int axis = 0; axis < logarithms.length; axis++) {
        distance += Math.abs(logarithms[axis] - other.logarithms[axis]);
      }
      return distance;
    }
  }

  /**
   * @param measured seconds of [kernel][instance]; a kernel that was measured nowhere costs what
   *     its prior says
   */
  public Extrapolation(
      SearchSpace space,
      Workload workload,
      int threads,
      List<MicroKernel> kernels,
      Table measured) {
    this.space = space;
    this.workload = workload;
    this.threads = threads;
    this.measured = measured;
    this.kernels =
        IntStream.range(0, kernels.size())
            .mapToObj(k -> fit(kernels.get(k), measured.seconds()[k]))
            .toList();
  }

  private Fitted fit(MicroKernel kernel, double[] row) {
    KernelFamily family = space.family(kernel);
    int[] timed = IntStream.range(0, row.length).filter(i -> !Double.isNaN(row[i])).toArray();
    double[] seconds = Arrays.stream(timed).mapToDouble(i -> row[i]).toArray();
    List<GemmShape> known =
        Arrays.stream(timed)
            .mapToObj(i -> workload.shape(measured.instances().get(i).shape()))
            .toList();
    List<Adaptation> adaptations =
        known.stream().map(shape -> family.tiling(kernel).adaptation(shape, threads)).toList();
    MicroKernelCost prior = family.prior(kernel);
    MicroKernelCost cost =
        seconds.length == 0 ? prior : MeasuredCost.fit(adaptations, seconds, prior);
    double[] corrections = new double[seconds.length];
    for (int i = 0; i < corrections.length; i++) {
      corrections[i] = seconds[i] / adaptations.get(i).seconds(cost);
    }
    return new Fitted(
        kernel, cost, known.stream().map(this::descriptor).toList(), corrections, new HashMap<>());
  }

  /** The price of a plan on any shape: the sum of its parts. */
  public double seconds(LaunchPlan plan, GemmShape shape) {
    return plan.parts(shape).stream()
        .mapToDouble(part -> seconds(kernels.get(part.kernel()), part.shape()))
        .sum();
  }

  private double seconds(Fitted fitted, GemmShape shape) {
    return fitted.prices().computeIfAbsent(shape, key -> price(fitted, key));
  }

  private double price(Fitted fitted, GemmShape shape) {
    KernelFamily family = space.family(fitted.kernel());
    return family.tiling(fitted.kernel()).adaptation(shape, threads).seconds(fitted.cost())
        * interpolated(descriptor(shape), fitted.known(), fitted.corrections());
  }

  /** Prices of [plan][shape]. */
  public double[][] seconds(List<LaunchPlan> plans, List<GemmShape> shapes) {
    return plans.stream()
        .map(plan -> shapes.stream().mapToDouble(shape -> seconds(plan, shape)).toArray())
        .toArray(double[][]::new);
  }

  /**
   * Of each shape, among the plans that were measured there; 0 where none was.
   *
   * @param seconds [plan][shape]; NaN where a plan was not measured
   */
  public static double[] fastest(double[][] seconds) {
    return IntStream.range(0, seconds[0].length)
        .mapToDouble(
            i ->
                Arrays.stream(seconds)
                    .mapToDouble(plan -> plan[i])
                    .filter(time -> !Double.isNaN(time))
                    .min()
                    .orElse(0))
        .toArray();
  }

  /**
   * Measured seconds, of plans that were not measured everywhere: there one counts as its price,
   * and as no contender.
   *
   * @param seconds [plan][shape]; NaN where a plan was not measured
   * @param prices of the same
   */
  public static double[][] filled(double[][] seconds, double[][] prices) {
    double[][] filled = Arrays.stream(seconds).map(double[]::clone).toArray(double[][]::new);
    double[] least = fastest(seconds);
    for (int i = 0; i < least.length; i++) {
      for (int plan = 0; plan < seconds.length; plan++) {
        if (Double.isNaN(seconds[plan][i])) {
          filled[plan][i] = Math.max(prices[plan][i], NO_CONTENDER * least[i]);
        }
      }
    }
    return filled;
  }

  /**
   * The measured table with up to {@code count} other instances of the workload beside it, and with
   * those between them at which another plan becomes the best; all others weigh together as much as
   * the measured. Where some were measured beyond the range there are others beyond it too, and all
   * of them weigh little, though not nothing.
   *
   * @param seconds [plan][measured instance]; NaN where a plan was not measured
   */
  public Table widen(List<LaunchPlan> plans, double[][] seconds, int count) {
    Set<List<Long>> values = new HashSet<>();
    measured.instances().forEach(instance -> values.add(instance.values()));
    List<Instance> others = new ArrayList<>(workload.sampled(count));
    others.removeIf(i -> values.contains(i.values()));
    List<Instance> beyond = beyond(values);
    others.addAll(turns(plans, Stream.concat(others.stream(), beyond.stream())));
    double factor = weight(measured.instances()) / weight(others);
    List<Instance> all = new ArrayList<>(measured.instances());
    others.forEach(i -> all.add(new Instance(i.values(), i.weight() * factor)));
    all.addAll(beyond);
    all.replaceAll(i -> i.liesBeyond() ? new Instance(i.values(), unasked()) : i);
    double[][] prices = seconds(plans, workload.shapes(all));
    double[][] known = filled(seconds, prices);
    for (int plan = 0; plan < known.length; plan++) {
      System.arraycopy(known[plan], 0, prices[plan], 0, known[plan].length);
    }
    return new Table(all, prices);
  }

  /** Where one length varies, the instances at which the best plan changes, between the others. */
  private List<Instance> turns(List<LaunchPlan> plans, Stream<Instance> others) {
    if (workload.variables().size() != 1) {
      return List.of();
    }
    List<Long> lengths =
        Stream.concat(measured.instances().stream(), others)
            .map(instance -> instance.values().get(0))
            .sorted()
            .toList();
    double weight = unasked();
    return TurningPoints.between(lengths, length -> prices(plans, length)).stream()
        .map(length -> new Instance(List.of(length), weight))
        .toList();
  }

  private double unasked() {
    long asked = measured.instances().stream().filter(i -> !i.liesBeyond()).count();
    return UNASKED * weight(measured.instances()) / asked;
  }

  /**
   * Others beyond the range, where some were measured there.
   *
   * @param known values that were measured
   */
  private List<Instance> beyond(Set<List<Long>> known) {
    return measured.instances().stream().anyMatch(Instance::liesBeyond)
        ? BeyondRange.many(workload).stream().filter(i -> !known.contains(i.values())).toList()
        : List.of();
  }

  private double[] prices(List<LaunchPlan> plans, long length) {
    GemmShape shape = workload.shape(new long[] {length});
    return plans.stream().mapToDouble(plan -> seconds(plan, shape)).toArray();
  }

  private static double weight(List<Instance> instances) {
    return instances.stream().mapToDouble(Instance::weight).sum();
  }

  /**
   * The correction of a shape, by inverse-distance interpolation between those of the two nearest
   * measured shapes; that of the only one where there are no two; 1 where there is none.
   */
  private static double interpolated(
      ShapeDescriptor descriptor, List<ShapeDescriptor> known, double[] corrections) {
    if (corrections.length == 0) {
      return 1;
    }
    int[] nearest = {0, 0};
    double[] least = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
    for (int i = 0; i < corrections.length; i++) {
      double distance = Math.max(1e-9, descriptor.distance(known.get(i)));
      int rank = distance < least[0] ? 0 : 1;
      if (distance < least[rank]) {
        if (rank == 0) {
          nearest[1] = nearest[0];
          least[1] = least[0];
        }
        nearest[rank] = i;
        least[rank] = distance;
      }
    }
    double near = 1 / least[0];
    double far = 1 / least[1];
    return Math.exp(
        (near * Math.log(corrections[nearest[0]]) + far * Math.log(corrections[nearest[1]]))
            / (near + far));
  }

  private ShapeDescriptor descriptor(GemmShape shape) {
    return new ShapeDescriptor(shape, space.alignment());
  }
}
