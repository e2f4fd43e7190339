package tessera.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class DecisionTreeTest {
  /** T at most 5: kernel 2; else N at most 100: kernel 0, else kernel 1. */
  static final DecisionTree TREE =
      new DecisionTree(
          new int[] {0, -1, 1, -1, -1},
          new long[] {5, 0, 100, 0, 0},
          new int[] {1, 0, 3, 0, 0},
          new int[] {2, 0, 4, 0, 0},
          new int[] {0, 2, 0, 0, 1});

  @Test
  void select_bordersAndFarValues_followTheTree() {
    assertEquals(2, TREE.select(new long[] {5, 1000}));
    assertEquals(0, TREE.select(new long[] {6, 100}));
    assertEquals(1, TREE.select(new long[] {6, 101}));
    assertEquals(1, TREE.select(new long[] {Long.MAX_VALUE, Long.MAX_VALUE}));
  }

  @Test
  void withSubtree_inPlaceOfALeaf_decidesOnlyThere() {
    DecisionTree deeper = TREE.withSubtree(TREE.leaf(new long[] {6, 101}), TREE);
    assertEquals(2, deeper.select(new long[] {5, 1000}));
    assertEquals(0, deeper.select(new long[] {6, 100}));
    assertEquals(1, deeper.select(new long[] {6, 101}));
    assertEquals(5, deeper.leaves());
    assertEquals(4, deeper.depth());
    assertEquals(2, TREE.path(new long[] {6, 101}).size());
    assertEquals(4, deeper.path(new long[] {6, 101}).size());
    assertEquals(1, deeper.path(new long[] {5, 101}).size());
  }

  @Test
  void path_ofAShape_hasEveryTestAndTheWayItWent() {
    assertEquals(
        List.of(
            new DecisionTree.Decision(0, 0, 5, false), new DecisionTree.Decision(1, 0, 100, true)),
        TREE.path(new long[] {6, 100}));
    assertEquals(List.of(new DecisionTree.Decision(0, 0, 5, true)), TREE.path(new long[] {5, 100}));
    assertEquals(List.of(), DecisionTree.constant(3).path(new long[] {5}));
  }

  @Test
  void toC_isNestedIfs() {
    assertEquals(
        """
        static int dispatch(const int64_t *shape) {
          if (shape[0] <= 5) {
            return 2;
          } else {
            if (shape[1] <= 100) {
              return 0;
            } else {
              return 1;
            }
          }
        }
        """,
        TREE.toC());
  }

  @Test
  void modulus_ofAValue_decides() {
    DecisionTree tree =
        new DecisionTree(
            new int[] {1, -1, -1},
            new int[] {4, 0, 0},
            new long[] {0, 0, 0},
            new int[] {1, 0, 0},
            new int[] {2, 0, 0},
            new int[] {0, 5, 6});
    assertEquals(5, tree.select(new long[] {1, 8}));
    assertEquals(6, tree.select(new long[] {4, 9}));
    assertTrue(tree.toC().contains("if (shape[1] % 4 <= 0) {"), tree.toC());
  }

  @Test
  void depthAndLeaves_areCounted() {
    assertEquals(2, TREE.depth());
    assertEquals(3, TREE.leaves());
    assertEquals(1, DecisionTree.constant(4).leaves());
  }

  @Test
  void regret_ofEachChoice_isRelativeToTheBest() {
    double[][] seconds = {{1, 2}, {4, 2}};
    Regret regret = Regret.of(seconds, new int[] {0, 0}, new double[] {3, 1});
    assertEquals(0.25, regret.mean(), 1e-12);
    assertEquals(1, regret.worst(), 1e-12);
  }
}
