package tessera.job.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.Known;

final class HeadlineWordsTest {
  private static String hardware(double peakGflops) {
    Headline headline =
        new Headline(
            "a run",
            Headline.State.EMPTY,
            new Headline.WorkloadWords("small", "dense", "float32", "none", List.of(), Map.of()),
            Known.not("none"),
            Known.not("none"),
            Known.not("none"),
            Known.not("none"),
            Known.not("none"),
            Known.not("none"),
            Known.not("none"),
            Known.not("none"),
            new Headline.HardwareWords("cpu", "a model", "a folder", peakGflops, Map.of()),
            Known.not("none"),
            Known.not("none"));
    return new HeadlineWords(headline)
        .tiles().stream()
            .filter(tile -> tile.label().equals("Hardware"))
            .map(Subject.Tile::more)
            .findFirst()
            .orElseThrow();
  }

  @Test
  void peak_ofACore_isInGflops() {
    assertEquals("measured peak 95.2 GFLOP/s", hardware(95.21));
  }

  @Test
  void peak_ofAGpu_isInTflops() {
    assertEquals("measured peak 51.3 TFLOP/s", hardware(51_300));
  }
}
