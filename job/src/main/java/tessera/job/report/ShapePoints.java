package tessera.job.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import tessera.analysis.Recording;
import tessera.analysis.figures.DispatchMap;
import tessera.analysis.figures.Efficiency;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.Speeds;
import tessera.operator.Problem;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * The shapes of a bundle with all that is known of each: a grid over the shape variables, which the
 * dispatch map shows, and what was measured.
 */
final class ShapePoints {
  /** So many shapes a map can show, and a page can hold. */
  private static final int MOST = 2048;

  /** So many values of one variable are told apart in a chart. */
  private static final int MOST_VALUES = 512;

  private final Recording recording;
  private final DispatchMap map;
  private final Speeds speeds;
  private final Workload workload;
  private final Map<List<Long>, Speeds.Dispatched> calls = new HashMap<>();
  private final Set<List<Long>> grid;
  private final List<List<Long>> shapes;
  private final List<Known<Efficiency>> fits;

  ShapePoints(Recording recording, DispatchMap map, Speeds speeds) {
    this.recording = recording;
    this.map = map;
    this.speeds = speeds;
    this.workload = recording.workload();
    speeds.dispatched().forEach(call -> calls.put(call.shape(), call));
    this.grid = new LinkedHashSet<>(grid());
    this.shapes = shapes();
    this.fits = recording.efficiencies(shapes).get();
  }

  private List<List<Long>> shapes() {
    Set<List<Long>> all = new LinkedHashSet<>(grid);
    all.addAll(map.measuredShapes());
    all.addAll(calls.keySet());
    return List.copyOf(all);
  }

  /** How well the dispatched plan fits some shape, or why that is known of none. */
  Known<Efficiency> anyFit() {
    return fits.stream().filter(Known::isKnown).findFirst().orElseGet(() -> fits.get(0));
  }

  /**
   * Of each plan the share of the instances, by weight, that it serves; where those are not known,
   * of the shapes that the dispatcher was trained on by measurement.
   */
  static double[] shares(Recording recording, DispatchMap map, Speeds speeds) {
    int plans = speeds.plans().size();
    return recording
        .instances()
        .map(workload -> ofInstances(map, workload, plans))
        .value()
        .orElseGet(() -> ofMeasured(speeds.timed(), plans));
  }

  private static double[] ofInstances(DispatchMap map, Workload workload, int plans) {
    double[] shares = new double[plans];
    List<List<Long>> shapes = workload.instances().stream().map(Instance::values).toList();
    int[] chosen = map.plans(shapes);
    for (int i = 0; i < chosen.length; i++) {
      shares[chosen[i]] += workload.instances().get(i).weight();
    }
    return shares;
  }

  private static double[] ofMeasured(List<Speeds.Timed> timed, int plans) {
    double[] shares = new double[plans];
    Arrays.fill(shares, timed.isEmpty() ? Double.NaN : 0);
    timed.stream()
        .filter(Speeds.Timed::isDispatched)
        .forEach(one -> shares[one.plan()] += one.weight());
    return shares;
  }

  Subject.Points points() {
    List<List<DispatchMap.Expected>> times = shapes.stream().map(map::times).toList();
    List<Problem> problems = shapes.stream().map(shape -> workload.problem(array(shape))).toList();
    return new Subject.Points(
        shapes.stream().map(ShapePoints::array).toArray(long[][]::new),
        onGrid(),
        problems.stream().mapToDouble(Problem::flops).toArray(),
        problems.stream().mapToDouble(one -> one.bytes(workload.numerics())).toArray(),
        map.plans(shapes),
        seconds(times),
        times.stream().mapToInt(ShapePoints::source).toArray(),
        shapes.stream().mapToDouble(this::expected).toArray(),
        shapes.stream().mapToDouble(this::vendor).toArray(),
        fits.stream().mapToDouble(fit -> fit.map(Efficiency::padding).orElse(Double.NaN)).toArray(),
        fits.stream().mapToDouble(fit -> fit.map(Efficiency::wave).orElse(Double.NaN)).toArray());
  }

  private static long[] array(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  private boolean[] onGrid() {
    boolean[] on = new boolean[shapes.size()];
    for (int i = 0; i < on.length; i++) {
      on[i] = grid.contains(shapes.get(i));
    }
    return on;
  }

  private double[][] seconds(List<List<DispatchMap.Expected>> times) {
    double[][] seconds = new double[speeds.plans().size()][times.size()];
    Arrays.stream(seconds).forEach(row -> Arrays.fill(row, Double.NaN));
    for (int i = 0; i < times.size(); i++) {
      for (DispatchMap.Expected time : times.get(i)) {
        seconds[time.plan()][i] = time.seconds();
      }
    }
    return seconds;
  }

  /** Whether the times of a shape were measured, 0, or predicted, 1. */
  private static int source(List<DispatchMap.Expected> times) {
    return times.stream().anyMatch(time -> time.source().startsWith("measured")) ? 0 : 1;
  }

  private double expected(List<Long> shape) {
    return calls.containsKey(shape) ? calls.get(shape).seconds() : Double.NaN;
  }

  private double vendor(List<Long> shape) {
    return calls.containsKey(shape)
        ? calls.get(shape).vendorSeconds().orElse(Double.NaN)
        : Double.NaN;
  }

  /** All combinations of the variables' values, as many of each as there is room for. */
  private List<List<Long>> grid() {
    int variables = map.variables().size();
    List<List<Long>> shapes = List.of(List.of());
    int most =
        (int) Math.min(MOST_VALUES, Math.floor(Math.pow(MOST, 1.0 / Math.max(1, variables))));
    for (int variable = 0; variable < variables; variable++) {
      List<Long> values = values(variable, most);
      shapes = shapes.stream().flatMap(shape -> extended(shape, values)).toList();
    }
    return shapes;
  }

  private static Stream<List<Long>> extended(List<Long> shape, List<Long> values) {
    return values.stream()
        .map(
            value -> {
              List<Long> longer = new ArrayList<>(shape);
              longer.add(value);
              return List.copyOf(longer);
            });
  }

  /** Those that instances or measurements have, thinned out evenly. */
  private List<Long> values(int variable, int most) {
    TreeSet<Long> values = new TreeSet<>();
    if (recording.instances().isKnown()) {
      workload.instances().forEach(instance -> values.add(instance.values().get(variable)));
    }
    map.measuredShapes().forEach(shape -> values.add(shape.get(variable)));
    calls.keySet().forEach(shape -> values.add(shape.get(variable)));
    return values.isEmpty() ? List.of(1L) : thinned(all(values), most);
  }

  /** Where nobody knows the instances, all values between those that were measured. */
  private List<Long> all(TreeSet<Long> values) {
    return recording.instances().isKnown()
        ? List.copyOf(values)
        : evenly(values.first(), values.last());
  }

  private static List<Long> evenly(long first, long last) {
    long step = Math.max(1, (last - first) / MOST_VALUES);
    return LongStream.iterate(first, value -> value <= last, value -> value + step)
        .boxed()
        .toList();
  }

  private static List<Long> thinned(List<Long> all, int most) {
    if (all.size() <= most) {
      return all;
    }
    return IntStream.range(0, most)
        .mapToObj(i -> all.get((int) ((long) i * (all.size() - 1) / (most - 1))))
        .distinct()
        .toList();
  }
}
