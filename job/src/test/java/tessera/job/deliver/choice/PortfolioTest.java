package tessera.job.deliver.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tessera.job.predict.RankCorrelation;
import tessera.workload.Instance;

final class PortfolioTest {
  private static final double[] EVEN = {1, 1, 1, 1};

  @Test
  void smallest_oneKernelWithinTolerance_isEnough() {
    double[][] seconds = {{1, 1, 1, 1.02}, {2, 2, 2, 1}};
    assertEquals(List.of(0), Portfolio.smallest(new double[][][] {seconds}, EVEN, 0.01, 9));
  }

  @Test
  void smallest_crossingKernels_takesBothAndNotTheMiddling() {
    double[][] seconds = {{1, 1, 3, 3}, {1.2, 1.2, 1.2, 1.2}, {3, 3, 1, 1}};
    assertEquals(List.of(0, 2), Portfolio.smallest(new double[][][] {seconds}, EVEN, 0.01, 9));
  }

  @Test
  void widened_byMoreThanTheLeastGain_takesThoseThatAddMost() {
    double[][] seconds = {{1, 1, 1, 1}, {2, 2, 2, 0.9}, {2, 2, 2, 0.5}, {2, 2, 2, 0.49}};
    double[] beyond = {0, 0, 0, 1};
    double[][][] passes = {seconds};
    assertEquals(List.of(0, 3), Portfolio.widened(passes, beyond, 0.03, 9, List.of(0)));
    assertEquals(List.of(0), Portfolio.widened(passes, beyond, 0.03, 1, List.of(0)));
    assertEquals(List.of(0, 2), Portfolio.widened(passes, beyond, 0.03, 9, List.of(0, 2)));
    assertEquals(List.of(0), Portfolio.widened(passes, new double[4], 0.03, 9, List.of(0)));
  }

  @Test
  void widened_byLess_staysAsItIs() {
    double[][] seconds = {{1, 1, 1, 1}, {2, 2, 2, 0.98}};
    double[][][] passes = {seconds};
    assertEquals(
        List.of(0), Portfolio.widened(passes, new double[] {0, 0, 0, 1}, 0.03, 9, List.of(0)));
    assertEquals(
        List.of(0, 1), Portfolio.widened(passes, new double[] {0, 0, 0, 1}, 0.01, 9, List.of(0)));
  }

  /** Of three shapes within the range and two beyond it; on each another kernel takes half. */
  private static List<Integer> forAll(double tolerance, int most, double ofTheLast) {
    double[][] seconds = {
      {1, 2, 2, 2, 2}, {2, 1, 2, 2, 2}, {2, 2, 1, 2, 2}, {2, 2, 2, 1, 2}, {2, 2, 2, 2, ofTheLast}
    };
    List<Instance> instances =
        LongStream.rangeClosed(1, 5)
            .mapToObj(t -> new Instance(List.of(t), t <= 3 ? 1 / 3.0 : 0))
            .toList();
    return Portfolio.forAll(new double[][][] {seconds}, instances, tolerance, 0.02, most);
  }

  @Test
  void forAll_shapesBeyondTheRange_haveRoomOfTheirOwn() {
    assertEquals(List.of(0, 1, 2, 3), forAll(0.001, 3, 1.1));
    assertEquals(List.of(0, 1, 2, 3, 4), forAll(0.001, 6, 1.1));
    assertEquals(List.of(0, 1), forAll(0.001, 2, 1.1));
  }

  @Test
  void forAll_shapesBeyondTheRange_areWorthWhatIsMoreThanChance() {
    assertEquals(List.of(0, 1, 2, 3, 4), forAll(0.001, 6, 1.98));
    assertEquals(List.of(0, 1, 2, 3), forAll(0.01, 6, 1.98));
    assertEquals(List.of(0, 1, 2, 3), forAll(0.001, 6, 1.99));
  }

  @Test
  void smallest_weights_decideWhatCounts() {
    double[][] seconds = {{1, 1, 1, 1}, {9, 9, 9, 0.5}};
    assertEquals(
        List.of(0),
        Portfolio.smallest(new double[][][] {seconds}, new double[] {1, 1, 1, 0.001}, 0.01, 9));
  }

  @Test
  void smallest_everyInstanceNeedsItsOwn_growsBeyondTheExactSearch() {
    double[][] seconds = new double[7][7];
    for (int kernel = 0; kernel < 7; kernel++) {
      for (int i = 0; i < 7; i++) {
        seconds[kernel][i] = kernel == i ? 1 : 10;
      }
    }
    assertEquals(
        List.of(0, 1, 2, 3, 4, 5, 6),
        Portfolio.smallest(
            new double[][][] {seconds}, new double[] {1, 1, 1, 1, 1, 1, 1}, 0.01, 9));
  }

  @Test
  void smallest_hundredsOfKernels_areChosenFromGreedily() {
    double[][] seconds = new double[400][4];
    for (int kernel = 0; kernel < seconds.length; kernel++) {
      for (int i = 0; i < 4; i++) {
        seconds[kernel][i] = kernel == 100 * i ? 1 : 2 + 0.001 * (kernel + i);
      }
    }
    assertEquals(
        List.of(0, 100, 200, 300), Portfolio.smallest(new double[][][] {seconds}, EVEN, 0.01, 9));
  }

  @Test
  void smallest_noMoreThanAllowed_takesThoseThatAddMost() {
    double[][] seconds = new double[7][7];
    for (int kernel = 0; kernel < 7; kernel++) {
      for (int i = 0; i < 7; i++) {
        seconds[kernel][i] = kernel == i ? 1 : 10;
      }
    }
    double[] weights = {1, 1, 1, 1, 5, 6, 7};
    for (int most : new int[] {3, 6}) {
      List<Integer> chosen = Portfolio.smallest(new double[][][] {seconds}, weights, 0.01, most);
      assertEquals(most, chosen.size());
      assertTrue(chosen.containsAll(List.of(4, 5, 6)), chosen.toString());
    }
  }

  @Test
  void smallest_fastOnceByChance_isLeftOut() {
    double[][] first = {{1, 1, 1, 1}, {0.9, 1.1, 1.1, 1.1}};
    double[][] second = {{1, 1, 1, 1}, {1.1, 1.1, 1.1, 0.9}};
    assertEquals(List.of(0), Portfolio.smallest(new double[][][] {first, second}, EVEN, 0.01, 9));
  }

  @Test
  void spearman_monotoneReversedAndTied_isExact() {
    assertEquals(
        1, RankCorrelation.spearman(new double[] {1, 2, 3}, new double[] {10, 200, 3000}), 1e-12);
    assertEquals(
        -1, RankCorrelation.spearman(new double[] {1, 2, 3}, new double[] {3, 2, 1}), 1e-12);
    assertEquals(
        0, RankCorrelation.spearman(new double[] {5, 5, 5}, new double[] {3, 2, 1}), 1e-12);
    assertEquals(
        0.5,
        RankCorrelation.recall(new double[] {1, 2, 3, 4}, new double[] {1, 9, 2, 8}, 2),
        1e-12);
  }
}
