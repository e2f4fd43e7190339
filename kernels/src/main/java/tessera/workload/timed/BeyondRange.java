package tessera.workload.timed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import tessera.operator.Problem;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * Shapes beyond the range of a workload, which it will meet too: up to twice the greatest value of
 * each shape variable and down to half its least. Their values keep the steps of the workload's:
 * where all are multiples of 8, these are too. A variable with a single value has nothing beyond.
 */
public final class BeyondRange {
  /** What is most worth to know comes first: how far the range is left behind, times its end. */
  private static final double[] FEW = {
    2, 1.02, 0.5, 1.4, 0.7, 1.2, 1.7, 1.1, 1.3, 1.5, 1.6, 1.8, 1.9
  };

  /** Several variables have each fewer, and the corner beside them. */
  private static final double[] FEWER = {2, 1.02, 0.5};

  private static final double[] MANY = {1.02, 1.15, 1.3, 1.5, 1.75, 2, 0.5, 0.7, 0.85};

  /** Instances whose values the other variables have where shapes are many. */
  private static final int OTHERS = 32;

  private final Workload workload;
  private final double mostBytes;
  private final List<Ends> ends;

  /**
   * The values of one variable.
   *
   * @param step the greatest number that divides the differences of all; 0 of a single value
   */
  private record Ends(long least, long greatest, long step) {
    static Ends of(List<Instance> instances, int variable) {
      ToLongFunction<Instance> value = instance -> instance.values().get(variable);
      long least = instances.stream().mapToLong(value).min().orElseThrow();
      long greatest = instances.stream().mapToLong(value).max().orElseThrow();
      long step =
          instances.stream()
              .mapToLong(value)
              .map(one -> one - least)
              .reduce(0, Ends::greatestDivisor);
      return new Ends(least, greatest, step);
    }

    private static long greatestDivisor(long a, long b) {
      return b == 0 ? a : greatestDivisor(b, a % b);
    }

    /**
     * The least value in steps that is so many times the greatest or more, but at most twice it; or
     * so many times the least, but less than it.
     */
    OptionalLong at(double factor) {
      if (step == 0) {
        return OptionalLong.empty();
      }
      if (factor < 1) {
        long down = (long) Math.floor((1 - factor) * least / step);
        return down < 1 ? OptionalLong.empty() : OptionalLong.of(least - down * step);
      }
      long up = (long) Math.max(1, Math.ceil((factor - 1) * greatest / step - 1e-9));
      up = Math.min(up, greatest / step);
      return up < 1 ? OptionalLong.empty() : OptionalLong.of(greatest + up * step);
    }
  }

  private BeyondRange(Workload workload, double mostBytes) {
    this.workload = workload;
    this.mostBytes = mostBytes;
    this.ends =
        IntStream.range(0, workload.variables().size())
            .mapToObj(variable -> Ends.of(workload.instances(), variable))
            .toList();
  }

  /**
   * A few shapes to be timed: each variable alone beyond its range, beside values of the others
   * that an instance at its end has, and where there are several also twice the greatest values of
   * all. What is most worth to know comes first.
   *
   * @param mostBytes of operands and output; larger shapes are left out
   * @param lengths of a single variable, at most
   */
  public static List<Instance> few(Workload workload, double mostBytes, int lengths) {
    return new BeyondRange(workload, mostBytes).few(lengths);
  }

  /**
   * Many shapes whose times are predicted: sampled instances with each variable in turn beyond its
   * range.
   */
  public static List<Instance> many(Workload workload) {
    return new BeyondRange(workload, Double.POSITIVE_INFINITY).many();
  }

  private List<Instance> few(int lengths) {
    Set<List<Long>> shapes = new LinkedHashSet<>();
    double[] factors = ends.size() > 1 ? FEWER : Arrays.copyOf(FEW, Math.min(lengths, FEW.length));
    for (double factor : factors) {
      for (int variable = 0; variable < ends.size(); variable++) {
        with(atEnd(variable, factor > 1), variable, factor).ifPresent(shapes::add);
      }
      if (factor == FEWER[0] && ends.size() > 1) {
        shapes.add(corner(factor));
      }
    }
    shapes.removeIf(values -> !isShape(values) || isWithin(values));
    return shapes.stream().map(Instance::beyond).toList();
  }

  private List<Instance> many() {
    Set<List<Long>> shapes = new LinkedHashSet<>();
    for (Instance instance : workload.sampled(OTHERS)) {
      for (int variable = 0; variable < ends.size(); variable++) {
        for (double factor : MANY) {
          with(instance.values(), variable, factor).ifPresent(shapes::add);
        }
      }
    }
    shapes.removeIf(values -> !isShape(values));
    return shapes.stream().map(Instance::beyond).toList();
  }

  /** Values with another of one variable; empty where it has none so far beyond. */
  private Optional<List<Long>> with(List<Long> values, int variable, double factor) {
    OptionalLong value = ends.get(variable).at(factor);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    List<Long> others = new ArrayList<>(values);
    others.set(variable, value.getAsLong());
    return Optional.of(Collections.unmodifiableList(others));
  }

  /** Values of the instance, the middle one by its other values, that has the end of a variable. */
  private List<Long> atEnd(int variable, boolean greatest) {
    long end = greatest ? ends.get(variable).greatest() : ends.get(variable).least();
    List<List<Long>> having =
        workload.instances().stream()
            .map(Instance::values)
            .filter(values -> values.get(variable) == end)
            .sorted(Comparator.comparingDouble(values -> sum(values)))
            .toList();
    return having.get(having.size() / 2);
  }

  private static double sum(List<Long> values) {
    return values.stream().mapToDouble(Math::log).sum();
  }

  private List<Long> corner(double factor) {
    return ends.stream().map(end -> end.at(factor).orElse(end.greatest())).toList();
  }

  /** Whether no variable leaves its range. */
  private boolean isWithin(List<Long> values) {
    return IntStream.range(0, values.size())
        .allMatch(
            i -> values.get(i) >= ends.get(i).least() && values.get(i) <= ends.get(i).greatest());
  }

  /** Whether there is such a problem, and room for it. */
  private boolean isShape(List<Long> values) {
    try {
      Problem problem = workload.problem(values.stream().mapToLong(Long::longValue).toArray());
      return problem.isAddressable() && problem.bytes(workload.numerics()) <= mostBytes;
    } catch (IllegalArgumentException | ArithmeticException e) {
      return false;
    }
  }
}
