package tessera.microkernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import tessera.operator.GemmShape;

/** A measured time of a micro-kernel, from a text file of a back end's tests. */
public record MeasuredKernel(MicroKernel kernel, GemmShape shape, double seconds) {
  /**
   * The measured times of a family on one workload.
   *
   * @param family the first field of their lines
   * @param path the resource, from the root of the class path
   */
  public static List<MeasuredKernel> of(String family, String path) {
    return of(family, lines(path));
  }

  /** Those of some lines. */
  public static List<MeasuredKernel> of(String family, List<String> lines) {
    return lines.stream()
        .map(line -> line.split("; "))
        .filter(fields -> fields[0].equals(family))
        .map(MeasuredKernel::parsed)
        .toList();
  }

  /**
   * The line of this time.
   *
   * @param key the family, and what else its workload is known by
   */
  public String line(String key) {
    String parameters =
        kernel.parameters().entrySet().stream()
            .map(parameter -> parameter.getKey() + "=" + parameter.getValue())
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "%s; %d; %d; %d; %d; %.3f; %s",
        key,
        shape.batch(),
        shape.m(),
        shape.n(),
        shape.k(),
        1e6 * seconds,
        parameters);
  }

  /** A micro-kernel by the key of its line, whose first word is its family, and its parameters. */
  public static MicroKernel kernel(String key, String parameters) {
    String family = key.split(" ")[0];
    return new MicroKernel(family, FormerNames.current(family, parameters(parameters)));
  }

  /** The lines of a resource but its comments. */
  public static List<String> lines(String path) {
    try (InputStream in = MeasuredKernel.class.getResourceAsStream(path)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().filter(line -> !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MeasuredKernel parsed(String[] fields) {
    long[] extents = Arrays.stream(fields, 1, 5).mapToLong(Long::parseLong).toArray();
    return new MeasuredKernel(
        kernel(fields[0], fields[6]),
        new GemmShape(extents[0], extents[1], extents[2], extents[3]),
        1e-6 * Double.parseDouble(fields[5]));
  }

  /** Parameters as {@code name=value, name=value}. */
  public static Map<String, Integer> parameters(String text) {
    return Arrays.stream(text.split(", "))
        .map(entry -> entry.split("="))
        .collect(Collectors.toMap(entry -> entry[0], entry -> Integer.parseInt(entry[1])));
  }

  /** The seconds that a family's prior predicts. */
  double expected(KernelFamily family, int threads) {
    return seconds(family, kernel, shape, threads);
  }

  private static double seconds(
      KernelFamily family, MicroKernel kernel, GemmShape shape, int threads) {
    return family.tiling(kernel).adaptation(shape, threads).seconds(family.prior(kernel));
  }

  /**
   * Compares priors with values that were written down: seconds of a step, of an element and of two
   * instances, to what rounding leaves.
   *
   * @param path the resource, from the root of the class path
   * @param count lines that it has
   */
  public static void assertWrittenDown(
      String path, int count, Map<String, ? extends KernelFamily> families, int threads) {
    List<String> lines = lines(path);
    assertEquals(count, lines.size());
    for (String line : lines) {
      String[] fields = line.split("; ");
      KernelFamily family = families.get(fields[0]);
      MicroKernel kernel = new MicroKernel(family.name(), parameters(fields[1]));
      assertTrue(family.isLegal(kernel), line);
      double[] values = {
        family.prior(kernel).secondsPerStep(),
        family.prior(kernel).secondsPerElement(),
        seconds(family, kernel, new GemmShape(1, 16, 2304, 768), threads),
        seconds(family, kernel, new GemmShape(12, 2000, 64, 127), threads)
      };
      for (int i = 0; i < values.length; i++) {
        double written = Double.parseDouble(fields[2 + i]);
        assertEquals(written, values[i], 1e-12 * written, line);
      }
    }
  }

  /** The mean absolute error of the logarithms of a family's predictions. */
  public static double logError(KernelFamily family, List<MeasuredKernel> measured, int threads) {
    return measured.stream()
        .mapToDouble(m -> Math.abs(Math.log(m.expected(family, threads) / m.seconds)))
        .average()
        .orElseThrow();
  }

  /**
   * The speed of the best of the three kernels that a family's prior ranks first on a shape, the
   * fastest's being 1; the mean of all shapes.
   */
  public static double speed(KernelFamily family, List<MeasuredKernel> measured, int threads) {
    return measured.stream().collect(Collectors.groupingBy(MeasuredKernel::shape)).values().stream()
        .mapToDouble(rivals -> speedOfRivals(family, rivals, threads))
        .average()
        .orElseThrow();
  }

  private static double speedOfRivals(
      KernelFamily family, List<MeasuredKernel> rivals, int threads) {
    double fastest = rivals.stream().mapToDouble(MeasuredKernel::seconds).min().orElseThrow();
    double chosen =
        rivals.stream()
            .sorted(Comparator.comparingDouble(rival -> rival.expected(family, threads)))
            .limit(3)
            .mapToDouble(MeasuredKernel::seconds)
            .min()
            .orElseThrow();
    return fastest / chosen;
  }
}
