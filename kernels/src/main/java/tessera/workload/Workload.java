package tessera.workload;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import tessera.UserError;
import tessera.operator.Axis;
import tessera.operator.Epilogue;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.operator.Operator;

/**
 * An operator with symbolic dimensions, and the instances that it is to be fast on.
 *
 * @param variables shape variables, in the order in which every interface takes their values
 * @param extents one expression for each axis of the operator
 * @param instances all shapes that count, with weights that sum to 1
 * @param samples how many of the instances are measured while tuning; the others are held out
 */
public record Workload(
    String name,
    Operator operator,
    Numerics numerics,
    Epilogue epilogue,
    List<String> variables,
    Map<Axis, Expression> extents,
    List<Instance> instances,
    int samples) {
  public Workload {
    variables = List.copyOf(variables);
    extents = Map.copyOf(extents);
    instances = normalised(name, instances);
    if (instances.isEmpty()) {
      throw new UserError(
          "workload '" + name + "' has no instance with a positive weight; give it shapes");
    }
    if (samples < 1) {
      throw new UserError(
          "workload '" + name + "' has samples " + samples + "; it must be at least 1");
    }
  }

  private static List<Instance> normalised(String name, List<Instance> instances) {
    double total = instances.stream().mapToDouble(Instance::weight).sum();
    if (Double.isInfinite(total)) {
      throw new UserError(
          "workload '"
              + name
              + "' has weights whose sum is too large for a float64; give smaller ones");
    }
    return instances.stream()
        .filter(instance -> instance.weight() > 0)
        .map(instance -> new Instance(instance.values(), instance.weight() / total))
        .toList();
  }

  /** The concrete extents for the shape variables' values. */
  public GemmShape shape(long... values) {
    return new GemmShape(
        extent(Axis.BATCH, values),
        extent(Axis.M, values),
        extent(Axis.N, values),
        extent(Axis.K, values));
  }

  /** Those of several instances, in order. */
  public List<GemmShape> shapes(List<Instance> some) {
    return some.stream().map(instance -> shape(instance.shape())).toList();
  }

  private long extent(Axis axis, long[] values) {
    Expression expression = extents.get(axis);
    return expression == null ? 1 : expression.evaluate(variables, values);
  }

  /** The extent where no shape variable changes it, else 0. */
  public long staticExtent(Axis axis) {
    Expression expression = extents.get(axis);
    if (expression == null) {
      return 1;
    }
    return expression.isConstant() ? expression.evaluate(variables, new long[variables.size()]) : 0;
  }

  /** The extent where no shape variable changes it, else another. */
  public long extentOr(Axis axis, long otherwise) {
    long fixed = staticExtent(axis);
    return fixed > 0 ? fixed : otherwise;
  }

  /** {@link #sampled(int)} with the workload's own number of samples. */
  public List<Instance> sampled() {
    return sampled(samples);
  }

  /**
   * The instances to measure: evenly spaced when all are ordered by their operations, the least and
   * the greatest among them, each with the weight of those that it stands for. Deterministic.
   */
  public List<Instance> sampled(int count) {
    return sampled(count, DoubleUnaryOperator.identity());
  }

  /**
   * As {@link #sampled(int)}, but twice as dense at the least operations as on average: that is
   * where the next larger instance differs most.
   */
  public List<Instance> sampledTowardsShort(int count) {
    return sampled(count, at -> (at + at * at) / 2);
  }

  /**
   * @param place of a sample among all, from that among the samples; both grow from 0 to 1
   */
  private List<Instance> sampled(int count, DoubleUnaryOperator place) {
    List<Instance> ordered =
        instances.stream().sorted(Comparator.comparingDouble(this::flops)).toList();
    if (ordered.size() <= count) {
      return ordered;
    }
    int last = ordered.size() - 1;
    int[] chosen =
        count == 1
            ? new int[] {last / 2}
            : IntStream.range(0, count)
                .map(i -> (int) Math.round(last * place.applyAsDouble((double) i / (count - 1))))
                .distinct()
                .toArray();
    double[] weights = new double[chosen.length];
    for (int i = 0, nearest = 0; i <= last; i++) {
      while (nearest + 1 < chosen.length
          && Math.abs(chosen[nearest + 1] - i) < Math.abs(chosen[nearest] - i)) {
        nearest++;
      }
      weights[nearest] += ordered.get(i).weight();
    }
    return IntStream.range(0, chosen.length)
        .mapToObj(i -> new Instance(ordered.get(chosen[i]).values(), weights[i]))
        .toList();
  }

  private double flops(Instance instance) {
    return shape(instance.shape()).flops();
  }

  /** The same workload on other instances. */
  public Workload withInstances(List<Instance> chosen) {
    return new Workload(
        name, operator, numerics, epilogue, variables, extents, chosen, Math.max(1, chosen.size()));
  }
}
