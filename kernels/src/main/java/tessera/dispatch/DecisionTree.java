package tessera.dispatch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import tessera.UserError;

/**
 * Routes the shape variables' values to a plan's index. Node i goes left when its variable's value,
 * or what is left of it modulo {@code modulus} where that is not 0, is at most its threshold; a
 * leaf has variable -1 and its index in {@code label}. Total over all shapes, and allocates
 * nothing.
 */
public record DecisionTree(
    int[] variable, int[] modulus, long[] threshold, int[] left, int[] right, int[] label) {
  private static final int MOST_NODES = 1 << 20;

  /** Deep enough for any training, and shallow enough for what walks it by recursion. */
  private static final int MOST_DEPTH = 256;

  public DecisionTree {
    modulus = modulus == null ? new int[variable.length] : modulus; // a tree from before there were
  }

  /** A tree over the values alone. */
  public DecisionTree(int[] variable, long[] threshold, int[] left, int[] right, int[] label) {
    this(variable, new int[variable.length], threshold, left, right, label);
  }

  /** The tree that always gives one index. */
  public static DecisionTree constant(int label) {
    return new DecisionTree(new int[] {-1}, new long[1], new int[1], new int[1], new int[] {label});
  }

  public int select(long[] shape) {
    return label[leaf(shape)];
  }

  /** The leaf that a shape ends in. */
  public int leaf(long[] shape) {
    int node = 0;
    while (variable[node] >= 0) {
      node = next(node, shape);
    }
    return node;
  }

  /**
   * One test on the way to a leaf.
   *
   * @param variable index of the shape variable that is tested
   * @param modulus what its value is taken modulo; 0 for the value itself
   * @param passed whether it is at most the threshold
   */
  public record Decision(int variable, int modulus, long threshold, boolean passed) {}

  /** The tests that lead a shape to its leaf, the root's first. */
  public List<Decision> path(long[] shape) {
    List<Decision> path = new ArrayList<>();
    int node = 0;
    while (variable[node] >= 0) {
      path.add(new Decision(variable[node], modulus[node], threshold[node], passes(node, shape)));
      node = next(node, shape);
    }
    return path;
  }

  private int next(int node, long[] shape) {
    return passes(node, shape) ? left[node] : right[node];
  }

  private boolean passes(int node, long[] shape) {
    long value = shape[variable[node]];
    return (modulus[node] == 0 ? value : value % modulus[node]) <= threshold[node];
  }

  /** This tree with another in the place of one of its leaves. */
  public DecisionTree withSubtree(int leaf, DecisionTree subtree) {
    int size = variable.length;
    int[] wide = append(variable, subtree.variable, 0);
    int[] moduli = append(modulus, subtree.modulus, 0);
    int[] lefts = append(left, subtree.left, size);
    int[] rights = append(right, subtree.right, size);
    int[] labels = append(label, subtree.label, 0);
    long[] thresholds =
        LongStream.concat(Arrays.stream(threshold), Arrays.stream(subtree.threshold)).toArray();
    wide[leaf] = wide[size];
    moduli[leaf] = moduli[size];
    thresholds[leaf] = thresholds[size];
    lefts[leaf] = lefts[size];
    rights[leaf] = rights[size];
    labels[leaf] = labels[size];
    return new DecisionTree(wide, moduli, thresholds, lefts, rights, labels);
  }

  private static int[] append(int[] first, int[] second, int offset) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second).map(i -> i + offset))
        .toArray();
  }

  /**
   * @param variables how many shape variables there are
   * @param labels how many plans
   * @throws UserError where a walk could leave the tree, not end, or end at what is not there
   */
  public void check(int variables, int labels) {
    int size = variable.length;
    boolean same =
        IntStream.of(modulus.length, threshold.length, left.length, right.length, label.length)
            .allMatch(length -> length == size);
    if (size == 0 || size > MOST_NODES || !same) {
      throw fault("has no nodes, too many, or not all parts of each");
    }
    boolean[] seen = new boolean[size];
    int[] level = {0};
    for (int depth = 0; level.length > 0; depth++) {
      if (depth > MOST_DEPTH) {
        throw fault("is deeper than " + MOST_DEPTH);
      }
      level =
          Arrays.stream(level).flatMap(node -> children(node, seen, variables, labels)).toArray();
    }
  }

  private IntStream children(int node, boolean[] seen, int variables, int labels) {
    if (node < 0 || node >= seen.length || seen[node]) {
      throw fault("leads to node " + node + ", which is not there or was passed before");
    }
    seen[node] = true;
    if (variable[node] >= variables || modulus[node] < 0) {
      throw fault("tests variable " + variable[node] + " modulo " + modulus[node]);
    }
    if (variable[node] >= 0) {
      return IntStream.of(left[node], right[node]);
    }
    if (label[node] < 0 || label[node] >= labels) {
      throw fault("gives plan " + label[node] + ", and there are " + labels);
    }
    return IntStream.empty();
  }

  private static UserError fault(String what) {
    return new UserError("its decision tree " + what + "; publish the bundle again");
  }

  public int leaves() {
    int leaves = 0;
    for (int v : variable) {
      leaves += v < 0 ? 1 : 0;
    }
    return leaves;
  }

  public int depth() {
    return depth(0);
  }

  private int depth(int node) {
    return variable[node] < 0 ? 0 : 1 + Math.max(depth(left[node]), depth(right[node]));
  }

  /** The same tree to plans whose indices are higher by so many. */
  public DecisionTree shifted(int by) {
    int[] higher = Arrays.stream(label).map(index -> index + by).toArray();
    return new DecisionTree(variable, modulus, threshold, left, right, higher);
  }

  /** Nested ifs in C over {@code const int64_t *shape}. */
  public String toC() {
    return toC("dispatch");
  }

  /** As {@link #toC()}, in a function of another name. */
  public String toC(String name) {
    StringBuilder text = new StringBuilder("static int " + name + "(const int64_t *shape) {\n");
    print(text, 0, 1);
    return text.append("}\n").toString();
  }

  private void print(StringBuilder text, int node, int indent) {
    String margin = "  ".repeat(indent);
    if (variable[node] < 0) {
      text.append(margin).append("return ").append(label[node]).append(";\n");
      return;
    }
    text.append(margin)
        .append("if (shape[")
        .append(variable[node])
        .append(']')
        .append(modulus[node] == 0 ? "" : " % " + modulus[node])
        .append(" <= ")
        .append(threshold[node])
        .append(") {\n");
    print(text, left[node], indent + 1);
    text.append(margin).append("} else {\n");
    print(text, right[node], indent + 1);
    text.append(margin).append("}\n");
  }
}
