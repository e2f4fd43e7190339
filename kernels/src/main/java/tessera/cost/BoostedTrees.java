package tessera.cost;

/**
 * A sum of regression trees on plain arrays, for the search's inner loop. Node i of a tree goes
 * left when its feature's value is at most its threshold; a leaf has feature -1 and its value in
 * {@code threshold}.
 *
 * @param roots each tree's first node
 * @param weights each tree's factor
 */
public record BoostedTrees(
    int[] roots, double[] weights, int[] feature, double[] threshold, int[] left, int[] right) {
  public double predict(double[] x) {
    double sum = 0;
    for (int tree = 0; tree < roots.length; tree++) {
      int node = roots[tree];
      while (feature[node] >= 0) {
        node = x[feature[node]] <= threshold[node] ? left[node] : right[node];
      }
      sum += weights[tree] * threshold[node];
    }
    return sum;
  }
}
