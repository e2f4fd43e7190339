package tessera.workload;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tessera.UserError;
import tessera.operator.Axis;
import tessera.operator.Epilogue;
import tessera.operator.Expression;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.operator.Operand;
import tessera.operator.Operator;
import tessera.operator.Problem;

/**
 * An operator with symbolic dimensions, and the instances that it is to be fast on.
 *
 * @param variables shape variables, in the order in which every interface takes their values
 * @param prepare whether kernels read weights that were prepared once
 * @param extents one expression for each axis of the operator, by its name
 * @param instances all shapes that count, with weights that sum to 1
 * @param samples how many of the instances are measured while tuning; the others are held out
 */
public record Workload(
    String name,
    Operator operator,
    Numerics numerics,
    Epilogue epilogue,
    Preparation prepare,
    List<String> variables,
    Map<String, Expression> extents,
    List<Instance> instances,
    int samples) {
  private static final long[] NO_VALUES = {};

  public Workload {
    variables = List.copyOf(variables);
    extents = Map.copyOf(extents);
    if (!extents.keySet().equals(Set.copyOf(operator.axes()))) {
      throw new UserError(
          "workload '"
              + name
              + "' has extents for "
              + extents.keySet()
              + "; operator "
              + operator.key()
              + " has the axes "
              + operator.axes());
    }
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

  /** One whose kernels read weights as they are. */
  public Workload(
      String name,
      Operator operator,
      Numerics numerics,
      Epilogue epilogue,
      List<String> variables,
      Map<String, Expression> extents,
      List<Instance> instances,
      int samples) {
    this(
        name,
        operator,
        numerics,
        epilogue,
        Preparation.NEVER,
        variables,
        extents,
        instances,
        samples);
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

  /** The concrete task for the shape variables' values. */
  public Problem problem(long... values) {
    Map<String, Long> concrete = new LinkedHashMap<>();
    operator
        .axes()
        .forEach(axis -> concrete.put(axis, extents.get(axis).evaluate(variables, values)));
    return new Problem(operator, concrete);
  }

  /** The matrix multiplication that kernels are given for the shape variables' values. */
  public GemmShape shape(long... values) {
    return operator.gemm(axis -> extents.get(axis).evaluate(variables, values));
  }

  /** The concrete tasks of several instances, in order. */
  public List<Problem> problems(List<Instance> some) {
    return some.stream().map(instance -> problem(instance.shape())).toList();
  }

  /** Those of several instances, in order. */
  public List<GemmShape> shapes(List<Instance> some) {
    return some.stream().map(instance -> shape(instance.shape())).toList();
  }

  /** The extent of the kernels' matrices where no shape variable changes it, else 0. */
  public long staticExtent(Axis axis) {
    long product = 1;
    for (String own : operator.axes(axis)) {
      Expression extent = extents.get(own);
      product =
          Math.multiplyExact(
              product, extent.isConstant() ? extent.evaluate(variables, NO_VALUES) : 0);
    }
    return product;
  }

  /** Whether its second operand is weights, whose extents no shape variable changes. */
  public boolean hasConstantWeights() {
    return operator.operands().get(1).role() == Operand.Role.WEIGHT
        && Stream.of(Axis.BATCH, Axis.N, Axis.K).allMatch(axis -> staticExtent(axis) > 0);
  }

  /** The same with weights that are prepared, or not. */
  public Workload preparing(Preparation other) {
    return new Workload(
        name, operator, numerics, epilogue, other, variables, extents, instances, samples);
  }

  /** The same for one form of weights: as they are, unless it is for prepared ones alone. */
  public Workload ofOneForm() {
    return preparesToo() ? preparing(Preparation.NEVER) : this;
  }

  /** Whether a bundle of it is to serve prepared weights beside those as they are. */
  public boolean preparesToo() {
    return prepare == Preparation.TOO && hasConstantWeights();
  }

  /** Whether its kernels read weights that were prepared. */
  public boolean prepares() {
    return prepare == Preparation.ONLY && hasConstantWeights();
  }

  /** All operands of a call: inputs, what the epilogue takes, and the output. */
  public List<Operand> operands() {
    return operator.operands(epilogue);
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
    return evenly(ordered(), count);
  }

  /**
   * As {@link #sampled(int)}, but twice as dense at the least operations as on average: that is
   * where the next larger instance differs most.
   */
  public List<Instance> sampledTowardsShort(int count) {
    return spread(ordered(), count, at -> (at + at * at) / 2);
  }

  /** The instances in the order of their operations. */
  public List<Instance> ordered() {
    double[] flops = instances.stream().mapToDouble(this::flops).toArray();
    return IntStream.range(0, flops.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> flops[i]))
        .map(instances::get)
        .toList();
  }

  /**
   * {@link #sampled(int)} of instances that are in order.
   *
   * @param ordered see {@link #ordered()}
   */
  public static List<Instance> evenly(List<Instance> ordered, int count) {
    return spread(ordered, count, DoubleUnaryOperator.identity());
  }

  /**
   * @param place of a sample among all, from that among the samples; both grow from 0 to 1
   */
  private static List<Instance> spread(
      List<Instance> ordered, int count, DoubleUnaryOperator place) {
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
    return standingFor(ordered, chosen);
  }

  /**
   * The instances that have some values, each with the weight of those that it stands for: together
   * that of all.
   *
   * @param ordered see {@link #ordered()}
   * @param values of instances, at least of one
   */
  public static List<Instance> at(List<Instance> ordered, Collection<List<Long>> values) {
    Set<List<Long>> left = new HashSet<>(values);
    int[] chosen =
        IntStream.range(0, ordered.size())
            .filter(i -> left.remove(ordered.get(i).values()))
            .toArray();
    return standingFor(ordered, chosen);
  }

  /**
   * @param chosen places of some instances, ascending
   */
  private static List<Instance> standingFor(List<Instance> ordered, int[] chosen) {
    double[] weights = new double[chosen.length];
    for (int i = 0, nearest = 0; i < ordered.size(); i++) {
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

  /** The same with constants in place of the shape variables. */
  public Workload fixedAt(long... values) {
    Map<String, Expression> constants = new LinkedHashMap<>();
    problem(values)
        .extents()
        .forEach((axis, extent) -> constants.put(axis, new Expression.Constant(extent)));
    Instance only = new Instance(List.of(), 1);
    return new Workload(
        name, operator, numerics, epilogue, prepare, List.of(), constants, List.of(only), 1);
  }

  /** The same workload on other instances. */
  public Workload withInstances(List<Instance> chosen) {
    return new Workload(
        name,
        operator,
        numerics,
        epilogue,
        prepare,
        variables,
        extents,
        chosen,
        Math.max(1, chosen.size()));
  }
}
