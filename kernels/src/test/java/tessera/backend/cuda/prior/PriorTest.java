package tessera.backend.cuda.prior;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tessera.backend.cuda.Samples;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.CudaRows;
import tessera.backend.cuda.family.CudaSimt;
import tessera.backend.cuda.family.CudaWgmma;
import tessera.cost.Adaptation;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;

/** Priors beside what was measured. */
final class PriorTest {
  private record Measured(MicroKernel kernel, GemmShape shape, double seconds) {}

  @Test
  void prior_ofWarpgroups_isNearWhatWasMeasured() throws IOException {
    near(new CudaWgmma(Samples.H200, Samples.bertDense(Samples.FLOAT16)), 0.96, 0.08);
  }

  @Test
  void prior_ofCudaCores_isNearWhatWasMeasured() throws IOException {
    near(new CudaSimt(Samples.H200, Samples.bertDense(Numerics.FLOAT32)), 0.92, 0.13);
  }

  @Test
  void prior_ofRows_isNearWhatWasMeasured() throws IOException {
    near(new CudaRows(Samples.H200, Samples.attentionValues()), 0.96, 0.11);
  }

  /**
   * @param speed of its first three on a shape, the fastest's being 1; the mean of all shapes
   * @param error of a logarithm, in the mean
   */
  private static void near(CudaFamily family, double speed, double error) throws IOException {
    List<Measured> measured = measured(family.name());
    Map<GemmShape, List<Measured>> shapes =
        measured.stream().collect(Collectors.groupingBy(Measured::shape));
    assertEquals(5, shapes.size());
    double chosen =
        shapes.values().stream().mapToDouble(rivals -> chosen(family, rivals)).average().orElse(0);
    assertTrue(chosen > speed, "speed " + chosen);
    double mean = measured.stream().mapToDouble(m -> Math.abs(off(family, m))).average().orElse(1);
    assertTrue(mean < error, "error " + mean);
  }

  /** The speed of the best of the first three. */
  private static double chosen(CudaFamily family, List<Measured> rivals) {
    assertTrue(rivals.size() > 12, rivals.size() + " rivals");
    double fastest = rivals.stream().mapToDouble(Measured::seconds).min().orElseThrow();
    return fastest
        / rivals.stream()
            .sorted(Comparator.comparingDouble(rival -> expected(family, rival)))
            .limit(3)
            .mapToDouble(Measured::seconds)
            .min()
            .orElseThrow();
  }

  private static double off(CudaFamily family, Measured measured) {
    return Math.log(expected(family, measured) / measured.seconds());
  }

  private static double expected(CudaFamily family, Measured measured) {
    return Adaptation.of(family.tiling(measured.kernel()), measured.shape(), 1)
        .seconds(family.prior(measured.kernel()));
  }

  private static List<Measured> measured(String family) throws IOException {
    try (InputStream in =
        PriorTest.class.getResourceAsStream("/tessera/backend/cuda/measured.txt")) {
      List<Measured> measured = new ArrayList<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        String[] fields = line.split("; ");
        if (fields[0].equals(family)) {
          measured.add(
              new Measured(
                  new MicroKernel(family, parameters(fields[6])),
                  new GemmShape(
                      Long.parseLong(fields[1]),
                      Long.parseLong(fields[2]),
                      Long.parseLong(fields[3]),
                      Long.parseLong(fields[4])),
                  1e-6 * Double.parseDouble(fields[5])));
        }
      }
      return measured;
    }
  }

  private static Map<String, Integer> parameters(String text) {
    return Arrays.stream(text.split(", "))
        .map(entry -> entry.split("="))
        .collect(Collectors.toMap(entry -> entry[0], entry -> Integer.parseInt(entry[1])));
  }
}
