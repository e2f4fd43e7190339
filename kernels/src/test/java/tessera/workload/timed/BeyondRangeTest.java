package tessera.workload.timed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.workload.Instance;
import tessera.workload.Workload;

final class BeyondRangeTest {
  private static final double ANY = Double.POSITIVE_INFINITY;

  private static List<List<Long>> few(Workload workload, double mostBytes) {
    return BeyondRange.few(workload, mostBytes, 13).stream().map(Instance::values).toList();
  }

  private static List<List<Long>> singles(String values) {
    return values.isEmpty()
        ? List.of()
        : Arrays.stream(values.split(" ")).map(value -> List.of(Long.valueOf(value))).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 128, 1, 256 131 180 154 218 141 167 192 205 231 244",
    "64, 512, 8, 1024 528 32 720 48 616 872 568 672 768 824 928 976",
    "8, 64, 8, 128 72 96 80 112 88 104 120",
    "1, 3, 1, 6 4 5",
    "2, 3, 1, 6 4 1 5",
    "1, 1, 1, ''",
    "1, 1000000, 1, 2000000 1020000 1400000 1200000 1700000 1100000 1300000 1500000 1600000 1800000 1900000"
  })
  void few_ofARange_keepItsSteps(long from, long to, long step, String beyond) {
    assertEquals(singles(beyond), few(Shaped.range(from, to, step), ANY));
  }

  @Test
  void few_ofAList_keepWhatDividesAllDifferences() {
    assertEquals(singles("512 320 384 448"), few(Shaped.list(64, 128, 256), ANY));
    assertEquals(
        singles("256 131 180 154 218 141 167 192 205 231 244"),
        few(Shaped.list(1, 5, 24, 128), ANY));
  }

  @Test
  void few_withLessLengths_areTheFirst() {
    Workload workload = Shaped.range(64, 512, 8);
    assertEquals(
        singles("1024 528 32 720 48 616 872"),
        BeyondRange.few(workload, ANY, 7).stream().map(Instance::values).toList());
  }

  @Test
  void few_ofTwoVariables_areOneAtATimeAndTheCorner() {
    assertEquals(
        List.of(
            List.of(8L, 15L),
            List.of(3L, 40L),
            List.of(8L, 40L),
            List.of(5L, 15L),
            List.of(3L, 21L),
            List.of(1L, 15L),
            List.of(3L, 5L)),
        few(Shaped.of(2, Shaped.grid(2, 4, 10, 20)), ANY));
  }

  @Test
  void few_ofThreeVariables_areTen() {
    List<List<Long>> values = new ArrayList<>();
    for (List<Long> pair : Shaped.grid(2, 4, 10, 20)) {
      for (long c : new long[] {32, 64}) {
        values.add(List.of(pair.get(0), pair.get(1), c));
      }
    }
    List<List<Long>> few = few(Shaped.of(3, values), ANY);
    // c has no multiple of its step below its least value
    assertEquals(9, few.size());
    assertTrue(few.contains(List.of(8L, 40L, 128L)), few.toString());
  }

  @Test
  void few_aVariableWithOneValue_staysThere() {
    assertEquals(
        List.of(List.of(8L, 7L), List.of(5L, 7L), List.of(1L, 7L)),
        few(Shaped.of(2, Shaped.grid(2, 4, 7, 7)), ANY));
  }

  @Test
  void few_largerThanMemory_areLeftOut() {
    Workload workload = Shaped.range(1, 128, 1);
    double largest = workload.problem(180).bytes(workload.numerics());
    assertEquals(singles("131 180 154 141 167"), few(workload, largest));
    assertEquals(singles("131 154 141 167"), few(workload, largest - 1));
  }

  @Test
  void few_whereExtentsWouldNotBePositive_areLeftOut() {
    Workload workload =
        Shaped.of(
            List.of("T"),
            Map.of("m", "200 - T", "n", "64", "k", "32"),
            Shaped.range(1, 128, 1).instances().stream().map(Instance::values).toList());
    assertEquals(singles("131 180 154 141 167 192"), few(workload, ANY));
  }

  @Test
  void few_ofExtentsThatAreDerived_areValuesOfTheVariable() {
    Workload workload =
        Shaped.of(
            List.of("T"),
            Map.of("m", "16 * T", "n", "64", "k", "(T + 1) / 2"),
            Shaped.range(1, 128, 1).instances().stream().map(Instance::values).toList());
    assertEquals(singles("256 131 180 154 218 141 167 192 205 231 244"), few(workload, ANY));
  }

  @Test
  void few_haveNoWeight() {
    assertTrue(
        BeyondRange.few(Shaped.range(1, 9, 1), ANY, 13).stream().allMatch(Instance::liesBeyond));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void fewAndMany_ofRandomRanges_areWithinAnOctaveBeyond(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long step = 1 + random.nextInt(9);
    long least = 1 + random.nextInt(99);
    long greatest = least + step * random.nextInt(1, 400);
    Workload workload = Shaped.range(least, greatest, step);
    List<Instance> all = new ArrayList<>(BeyondRange.few(workload, ANY, 13));
    all.addAll(BeyondRange.many(workload));
    for (Instance instance : all) {
      long value = instance.values().get(0);
      assertEquals(0, Math.floorMod(value - least, step), instance.toString());
      boolean below = 2 * value >= least && value < least;
      boolean above = value > greatest && value <= 2 * greatest;
      assertTrue(below || above, instance + " of " + least + " to " + greatest);
    }
  }
}
