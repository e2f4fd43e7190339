package tessera.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.analysis.figures.Comparison;
import tessera.analysis.figures.Headline;
import tessera.storage.Place;

/** Two bundles beside each other. */
final class ComparisonTest {
  private static Analysis analysis;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    analysis = Analysis.start();
  }

  @AfterAll
  static void stop() {
    analysis.close();
  }

  private Recording publish(MadeUpBundle bundle, String name) {
    return analysis.open(bundle.publish(Place.of(folder.resolve(name))));
  }

  private Comparison compare(MadeUpBundle a, MadeUpBundle b) {
    return publish(a, "a").compare(publish(b, "b"));
  }

  private String refusal(MadeUpBundle a, MadeUpBundle b) {
    Recording first = publish(a, "a");
    Recording second = publish(b, "b");
    return assertThrows(UserError.class, () -> first.compare(second))
        .getMessage()
        .replace(first.headline().bundle().get().folder(), "A")
        .replace(second.headline().bundle().get().folder(), "B");
  }

  /** The weighted times are 0.25 + 3 = 3.25 and 0.5 + 3.75 = 4.25. */
  @Test
  void compare_shapesOfBoth_haveRatiosWeightsAndMeans() {
    Comparison comparison =
        compare(
            new MadeUpBundle()
                .timed(2, 0.2, 1, 2, 0.01)
                .timed(8, 0.6, 4, 4, 0.03)
                .timed(9, 0.2, 1, 0, 0),
            new MadeUpBundle().timed(2, 0.2, 2, 2, 0.02).timed(8, 0.6, 5, 10, 0.04));
    assertEquals(List.of("T"), comparison.variables());
    assertEquals(2, comparison.shapes().size());
    Comparison.Shape second = comparison.shapes().get(1);
    assertEquals(List.of(8L), second.shape());
    assertEquals(0.75, second.weight().get(), 1e-12);
    assertEquals(0.8, second.ratio(), 1e-12);
    assertEquals(0.04, second.band());
    assertEquals(Comparison.Verdict.SLOWER, second.verdict());
    assertEquals(1, second.vendorRatioA().get());
    assertEquals(2, second.vendorRatioB().get());
    assertEquals(3.25 / 4.25, comparison.weighted().get(), 1e-12);
    assertEquals(Math.sqrt(0.5 * 0.8), comparison.geometricMean(), 1e-12);
    assertEquals(0.5, comparison.worst());
    assertEquals(List.of(2L), comparison.worstShape());
    assertEquals(0.03, comparison.band(), 1e-12);
    assertEquals(Comparison.Verdict.SLOWER, comparison.verdict());
  }

  @Test
  void compare_withinTheBand_isNoDifference() {
    Comparison comparison =
        compare(
            new MadeUpBundle().timed(2, 1, 1, 0, 0.05), new MadeUpBundle().timed(2, 1, 1.04, 0, 0));
    assertEquals(Comparison.Verdict.SAME, comparison.verdict());
    assertFalse(comparison.shapes().get(0).vendorRatioA().isKnown());
  }

  /** The long shape has the weight, so that one mean is above 1 and the other below. */
  @Test
  void compare_slowerByOneOfTheMeans_isSlower() {
    Comparison comparison =
        compare(
            new MadeUpBundle().timed(2, 0.1, 1, 0, 0).timed(8, 0.9, 10, 0, 0),
            new MadeUpBundle().timed(2, 0.1, 2, 0, 0).timed(8, 0.9, 8, 0, 0));
    assertTrue(comparison.weighted().get() > 1);
    assertTrue(comparison.geometricMean() < 1);
    assertEquals(Comparison.Verdict.SLOWER, comparison.verdict());
  }

  @Test
  void compare_olderBundles_haveNoWeightsAndAnAssumedBand() {
    Comparison comparison =
        compare(
            new MadeUpBundle().ofVersion(5).timed(2, 0, 1, 0, 0),
            new MadeUpBundle().ofVersion(5).timed(2, 0, 0.9, 0, 0));
    assertFalse(comparison.weighted().isKnown());
    assertEquals(0.05, comparison.band());
    assertTrue(comparison.bandSource().startsWith("assumed"), comparison.bandSource());
    assertEquals(Comparison.Verdict.FASTER, comparison.verdict());
  }

  @Test
  void compare_shapesThatOnlyTrainedTheDispatcher_takesThese() {
    Comparison comparison =
        compare(
            new MadeUpBundle().timed(2, 1, 1, 0, 0).trained(7, 1, 3),
            new MadeUpBundle().timed(3, 1, 1, 0, 0).trained(7, 1, 2));
    assertEquals(List.of(7L), comparison.shapes().get(0).shape());
    assertEquals(1.5, comparison.weighted().get(), 1e-12);
  }

  @Test
  void compare_fewDeliveredShapesInCommon_takesThoseThatTrained() {
    Comparison comparison =
        compare(
            new MadeUpBundle()
                .timed(1, 0.4, 1, 0, 0)
                .timed(2, 0.3, 1, 0, 0)
                .timed(3, 0.3, 1, 0, 0)
                .trained(7, 1, 3),
            new MadeUpBundle()
                .timed(1, 0.4, 1, 0, 0)
                .timed(5, 0.3, 1, 0, 0)
                .timed(6, 0.3, 1, 0, 0)
                .trained(7, 1, 2));
    assertEquals(List.of(List.of(7L)), shapes(comparison));
  }

  @Test
  void compare_hardlyAnyDeliveredShape_takesThoseThatTrainedWhereTheyAreMore() {
    MadeUpBundle a = new MadeUpBundle().timed(1, 1, 9, 0, 0).trained(7, 1, 3).trained(8, 1, 3);
    MadeUpBundle b = new MadeUpBundle().timed(1, 1, 1, 0, 0).trained(7, 1, 2).trained(8, 1, 2);
    assertEquals(List.of(List.of(7L), List.of(8L)), shapes(compare(a, b)));
    MadeUpBundle c = new MadeUpBundle().timed(1, 1, 9, 0, 0).trained(7, 1, 3);
    MadeUpBundle d = new MadeUpBundle().timed(1, 1, 1, 0, 0).trained(7, 1, 2);
    assertEquals(List.of(List.of(1L)), shapes(compare(c, d)));
  }

  private static List<List<Long>> shapes(Comparison comparison) {
    return comparison.shapes().stream().map(Comparison.Shape::shape).toList();
  }

  @Test
  void compare_shapesBeyondTheRange_countNowhere() {
    MadeUpBundle a = new MadeUpBundle().timed(2, 1, 1, 0, 0).timed(256, 0, 9, 0, 0);
    MadeUpBundle b = new MadeUpBundle().timed(2, 1, 1, 0, 0).timed(256, 0, 1, 0, 0);
    Comparison comparison = compare(a, b);
    assertEquals(List.of(List.of(2L)), shapes(comparison));
    assertEquals(1, comparison.geometricMean(), 1e-12);
  }

  @Test
  void headline_ofABundleTimedBeyondItsRange_hasThatApart() {
    Headline headline =
        publish(
                new MadeUpBundle()
                    .timed(2, 0.5, 1, 2, 0)
                    .timed(8, 0.5, 1, 2, 0)
                    .timed(131, 0, 1, 0.9, 0)
                    .timed(256, 0, 1, 1.6, 0),
                "a")
            .headline();
    assertEquals(2, headline.vendor().get().shapes());
    assertEquals(2, headline.vendor().get().geometricMean(), 1e-12);
    assertEquals(2, headline.vendor().get().weighted().get(), 1e-12);
    assertEquals(2, headline.beyond().get().shapes());
    assertEquals(1.2, headline.beyond().get().geometricMean(), 1e-12);
    assertEquals(List.of(131L), headline.beyond().get().worstShape());
    assertEquals(
        "shapes beyond the range that was asked for have no weight",
        headline.beyond().get().weighted().why());
  }

  /** Their shapes have no weights, which does not make them lie beyond the range. */
  @Test
  void headline_ofAnOlderBundle_hasNothingBeyond() {
    Headline headline =
        publish(new MadeUpBundle().ofVersion(5).timed(2, 0, 1, 2, 0), "a").headline();
    assertEquals(1, headline.vendor().get().shapes());
    assertEquals(
        "the bundle was not timed beyond the range that was asked for", headline.beyond().why());
  }

  @Test
  void compare_spreadsOfOtherCallsThanThoseCompared_areNoSourceOfTheBand() {
    Comparison comparison =
        compare(
            new MadeUpBundle().timed(2, 1, 1, 0, 0.3).trained(7, 1, 3),
            new MadeUpBundle().timed(3, 1, 1, 0, 0.3).trained(7, 1, 2));
    assertEquals(0.05, comparison.band());
    assertEquals("assumed: neither side says how its timings repeat", comparison.bandSource());
  }

  @Test
  void compare_spreadsOfSomeShapes_saysWhatStandsForTheOthers() {
    Comparison comparison =
        compare(
            new MadeUpBundle().timed(2, 0.5, 1, 0, 0.01).timed(8, 0.5, 1, 0, 0),
            new MadeUpBundle().timed(2, 0.5, 1, 0, 0.03).timed(8, 0.5, 1, 0, 0));
    assertEquals(0.04, comparison.band(), 1e-12);
    assertEquals(
        "how far repeated timings of the two differ, or 5% where neither says, in the median of the shapes",
        comparison.bandSource());
  }

  @Test
  void compare_noShapeInCommon_isAMistake() {
    assertEquals(
        "A and B were timed on no shape in common; tune both with the same samples and effort",
        refusal(new MadeUpBundle().timed(2, 1, 1, 0, 0), new MadeUpBundle().timed(3, 1, 1, 0, 0)));
  }

  @Test
  void compare_anotherWorkload_isAMistakeThatNamesBoth() {
    assertEquals(
        "A is of dense float32 with epilogue none and extents {k=64, m=16 * T, n=32}, and B of "
            + "dense float32 with epilogue bias and extents {k=64, m=16 * T, n=32}; give two of one workload",
        refusal(
            new MadeUpBundle().timed(2, 1, 1, 0, 0),
            new MadeUpBundle().withEpilogue("bias").timed(2, 1, 1, 0, 0)));
  }

  @Test
  void compare_aRunWithoutABundle_isAMistake() {
    Recording run = analysis.open("src/test/resources/former/cuda-run");
    Recording bundle = publish(new MadeUpBundle().timed(2, 1, 1, 0, 0), "a");
    String said = assertThrows(UserError.class, () -> bundle.compare(run)).getMessage();
    assertTrue(
        said.startsWith("cuda-run has nothing to compare: the run published no bundle"), said);
  }
}
