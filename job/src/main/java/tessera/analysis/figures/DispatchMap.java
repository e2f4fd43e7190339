package tessera.analysis.figures;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tessera.UserError;
import tessera.backend.Hardware;
import tessera.dispatch.DecisionTree;
import tessera.job.predict.Extrapolation;
import tessera.job.predict.PlanTimes;
import tessera.microkernel.SearchSpace;
import tessera.runtime.BundleManifest;
import tessera.workload.Instance;

/** From shapes to plans: the decision tree, and what it does with any shape. */
public final class DispatchMap {
  private final BundleManifest manifest;
  private final DecisionTree tree;
  private final List<List<Long>> known;
  private final PlanTimes times;

  /**
   * A node of the tree.
   *
   * @param test such as {@code T <= 9}; empty for a leaf
   * @param yes the node where it holds; -1 for a leaf
   * @param no the node where it does not; -1 for a leaf
   * @param plan of a leaf, else -1
   */
  public record Node(int node, int depth, String test, int yes, int no, int plan) {}

  /**
   * What a plan takes.
   *
   * @param source where the time comes from, in words
   */
  public record Expected(int plan, String name, double seconds, String source) {}

  /**
   * What happens to a shape.
   *
   * @param path the tests on the way to the leaf, each with its answer
   * @param runnerUp the next plan
   */
  public record Choice(
      List<Long> shape,
      List<String> path,
      int leaf,
      int plan,
      String name,
      Known<Expected> expected,
      Known<Expected> runnerUp) {}

  /**
   * @param measured the bundle's times of [plan][instance]; NaN where a plan was not timed
   */
  public DispatchMap(BundleManifest manifest, DecisionTree tree, Extrapolation.Table measured) {
    this.manifest = manifest;
    this.tree = tree;
    known = measured.instances().stream().map(Instance::values).toList();
    SearchSpace space = Hardware.of(manifest.target()).space(manifest.workload().anywhere());
    times = new PlanTimes(manifest, measured, space);
  }

  public List<String> variables() {
    return manifest.workload().variables();
  }

  /** The nodes, the root first, each before those below it. */
  public List<Node> tree() {
    List<Node> nodes = new ArrayList<>();
    add(nodes, 0, 0);
    return List.copyOf(nodes);
  }

  private void add(List<Node> nodes, int node, int depth) {
    boolean leaf = tree.variable()[node] < 0;
    if (leaf) {
      nodes.add(new Node(node, depth, "", -1, -1, tree.label()[node]));
      return;
    }
    String test = test(tree.variable()[node], tree.modulus()[node], tree.threshold()[node]);
    nodes.add(new Node(node, depth, test, tree.left()[node], tree.right()[node], -1));
    add(nodes, tree.left()[node], depth + 1);
    add(nodes, tree.right()[node], depth + 1);
  }

  private String test(int variable, int modulus, long threshold) {
    return variables().get(variable) + (modulus == 0 ? "" : " % " + modulus) + " <= " + threshold;
  }

  /** The tree itself. */
  public DecisionTree decisions() {
    return tree;
  }

  /** The shapes that the dispatcher was trained on by measurement. */
  public List<List<Long>> measuredShapes() {
    return known;
  }

  /** The least and the greatest value of a shape variable among those that were measured. */
  public List<Long> range(int variable) {
    List<Long> values = known.stream().map(shape -> shape.get(variable)).sorted().toList();
    return values.isEmpty() ? List.of() : List.of(values.get(0), values.get(values.size() - 1));
  }

  /**
   * @param shape a positive value of each shape variable
   */
  public Choice at(List<Long> shape) {
    if (shape.size() != variables().size() || shape.stream().anyMatch(value -> value < 1)) {
      throw new UserError(
          shape + " is no shape of " + variables() + "; give a positive value of each variable");
    }
    long[] values = shape.stream().mapToLong(Long::longValue).toArray();
    int plan = tree.select(values);
    List<PlanTimes.PlanTime> all = times.ofAll(shape);
    return new Choice(
        shape,
        tree.path(values).stream().map(this::words).toList(),
        tree.leaf(values),
        plan,
        manifest.planName(plan),
        known(times.expected(plan, shape)),
        known(all.stream().filter(time -> time.plan() != plan).findFirst()));
  }

  /** All plans whose times are known on a shape, from one source, the fastest first. */
  public List<Expected> times(List<Long> shape) {
    return times.ofAll(shape).stream().map(this::expected).toList();
  }

  private Expected expected(PlanTimes.PlanTime time) {
    return new Expected(time.plan(), manifest.planName(time.plan()), time.seconds(), time.source());
  }

  private Known<Expected> known(Optional<PlanTimes.PlanTime> time) {
    return Known.of(
        time.map(this::expected),
        "no other plan has a time here, or this version of Tessera no longer has these kernels");
  }

  private String words(DecisionTree.Decision decision) {
    return test(decision.variable(), decision.modulus(), decision.threshold())
        + (decision.passed() ? ": yes" : ": no");
  }

  /** One plan for each of many shapes, for a map. */
  public int[] plans(List<List<Long>> shapes) {
    return IntStream.range(0, shapes.size())
        .map(i -> tree.select(shapes.get(i).stream().mapToLong(Long::longValue).toArray()))
        .toArray();
  }
}
