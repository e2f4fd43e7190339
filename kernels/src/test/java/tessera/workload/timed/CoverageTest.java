package tessera.workload.timed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.workload.Instance;
import tessera.workload.Workload;

final class CoverageTest {
  private static List<Long> ofOne(Coverage coverage) {
    return coverage.instances().stream().map(instance -> instance.values().get(0)).toList();
  }

  private static List<Long> longs(String values) {
    return Arrays.stream(values.split(" ")).map(Long::valueOf).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 2048, 1, 6, 1 3 7 16 37 84 190 410 820 1229 1639 2048",
    "1, 2048, 1, 2, 1 3 7 16 37 84 190 429 966 2048",
    "8, 64, 8, 2, 8 24 56 64",
    "1, 3, 1, 2, 1 3",
    "5, 5, 1, 2, 5",
    "1, 1000000, 1, 2, 1 3 7 16 37 84 190 429 966 2175 4894 11013 24780 55756 125452 282268 635104 1000000"
  })
  void of_aRange_bringsAllWithinTheFactor(long from, long to, long step, int sample, String all) {
    Workload workload = Shaped.range(from, to, step);
    Coverage coverage = Coverage.of(workload, workload.sampled(sample), 100);
    assertEquals(longs(all), ofOne(coverage));
    assertTrue(coverage.isClose());
  }

  @ParameterizedTest
  @CsvSource({
    "1, 2048, 16, 1 3 7 16 37 84 190 228 456 683 911 1138 1366 1593 1821 2048",
    "1, 128, 16, 1 3 7 11 21 30 40 50 60 69 79 89 99 108 118 128",
    "1, 128, 1, 64",
    "1, 3, 16, 1 2 3"
  })
  void sample_ofARange_isEvenWhereThatSuffices(long from, long to, int count, String all) {
    Coverage coverage = Coverage.sample(Shaped.range(from, to, 1), count);
    assertEquals(longs(all), ofOne(coverage));
  }

  @Test
  void sample_tooFewForTheRange_areHalfEvenAndHalfWider() {
    Coverage coverage = Coverage.sample(Shaped.range(1, 100_000, 1), 8);
    assertEquals(8, coverage.instances().size());
    assertEquals(Math.pow(1.5, 3), coverage.factor(), 1e-9);
    assertFalse(coverage.isClose());
    assertTrue(
        ofOne(coverage).containsAll(List.of(1L, 33_334L, 66_667L, 100_000L)), coverage.toString());
  }

  @Test
  void of_twoVariables_isCloseInEach() {
    Workload workload = Shaped.of(2, Shaped.grid(1, 4, 1, 4));
    Coverage coverage = Coverage.of(workload, workload.sampled(2), 100);
    assertEquals(
        List.of(
            List.of(1L, 1L), List.of(1L, 3L), List.of(3L, 1L), List.of(3L, 3L), List.of(4L, 4L)),
        coverage.instances().stream().map(Instance::values).toList());
  }

  @Test
  void of_threeVariablesAndTooFew_takesTheLeastFirst() {
    List<List<Long>> values = new ArrayList<>();
    for (long i = 0; i < 8; i++) {
      values.add(List.of(1 + (i >> 2), 1 + (i >> 1 & 1), 1 + (i & 1)));
    }
    Workload workload = Shaped.of(3, values);
    assertEquals(8, Coverage.of(workload, workload.sampled(2), 6).instances().size());
    Coverage few = Coverage.of(workload, workload.sampled(2), 2);
    assertEquals(
        List.of(List.of(1L, 1L, 1L), List.of(1L, 1L, 2L), List.of(1L, 2L, 1L), List.of(2L, 2L, 2L)),
        few.instances().stream().map(Instance::values).toList());
    assertEquals(2.25, few.factor(), 1e-12);
  }

  @Test
  void of_aList_takesNothingElse() {
    Workload workload = Shaped.list(1, 5, 24, 128);
    assertEquals(
        List.of(1L, 5L, 24L, 128L), ofOne(Coverage.of(workload, workload.sampled(2), 100)));
  }

  @Test
  void of_anyWeights_choosesTheSameAndKeepsTheirSum() {
    SplittableRandom random = new SplittableRandom();
    Workload even = Shaped.range(1, 500, 1);
    List<Instance> weighted =
        even.instances().stream()
            .map(instance -> new Instance(instance.values(), Math.exp(random.nextDouble(-9, 9))))
            .toList();
    Workload uneven = even.withInstances(weighted);
    Coverage coverage = Coverage.of(uneven, uneven.sampled(5), 100);
    assertEquals(ofOne(Coverage.of(even, even.sampled(5), 100)), ofOne(coverage));
    assertEquals(1, coverage.instances().stream().mapToDouble(Instance::weight).sum(), 1e-9);
  }

  @Test
  void of_aSampleThatIsClose_isThatSample() {
    Workload workload = Shaped.range(100, 140, 1);
    assertEquals(workload.sampled(3), Coverage.of(workload, workload.sampled(3), 100).instances());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void of_randomWorkloads_isNowhereFartherThanItSays(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int variables = 1 + random.nextInt(3);
    List<List<Long>> values =
        IntStream.range(0, 1 + random.nextInt(400))
            .mapToObj(
                i ->
                    LongStream.generate(() -> 1 + (long) Math.exp(random.nextDouble(0, 9)))
                        .limit(variables)
                        .boxed()
                        .toList())
            .distinct()
            .toList();
    Workload workload = Shaped.of(variables, values);
    Coverage enough = Coverage.of(workload, workload.sampled(4), values.size());
    assertEquals(1.5, enough.factor());
    assertEquals(List.of(), farther(values, enough));
    int most = random.nextInt(20);
    Coverage few = Coverage.of(workload, workload.sampled(4), most);
    assertTrue(few.instances().size() <= 4 + most, few.toString());
    assertEquals(List.of(), farther(values, few));
    Coverage sample = Coverage.sample(workload, 16);
    assertTrue(sample.instances().size() <= 16, sample.toString());
    assertEquals(List.of(), farther(values, sample));
  }

  /** Those that are farther than the factor from all that were chosen. */
  private static List<List<Long>> farther(List<List<Long>> values, Coverage coverage) {
    return values.stream()
        .filter(
            one ->
                coverage.instances().stream()
                    .noneMatch(chosen -> isWithin(one, chosen.values(), coverage.factor())))
        .toList();
  }

  private static boolean isWithin(List<Long> a, List<Long> b, double factor) {
    return IntStream.range(0, a.size())
        .allMatch(
            i ->
                Math.max(a.get(i), b.get(i)) <= factor * (1 + 1e-9) * Math.min(a.get(i), b.get(i)));
  }
}
