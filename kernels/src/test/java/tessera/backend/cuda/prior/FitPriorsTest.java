package tessera.backend.cuda.prior;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tessera.Json;
import tessera.backend.Target;
import tessera.backend.cuda.Samples;
import tessera.backend.cuda.family.CudaFamily;
import tessera.cost.Fit;
import tessera.cost.Fits;
import tessera.microkernel.MeasuredKernel;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;

final class FitPriorsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void points_ofASubject_areLegalAndUnlike(PriorSubject subject) {
    CudaFamily family = subject.family(Samples.H200, CudaFits.H200);
    List<MicroKernel> points = subject.points();
    assertTrue(points.size() >= 10, points.size() + " points");
    assertEquals(points.size(), new HashSet<>(points).size());
    points.forEach(point -> assertTrue(family.isLegal(point), point.key()));
    assertTrue(CudaFits.FILE.fits().containsKey(subject.fit), subject.fit);
  }

  @ParameterizedTest
  @EnumSource
  void times_writtenAsLines_areReadAgain(PriorSubject subject) {
    List<MeasuredKernel> times = times(subject, CudaFits.H200);
    List<String> lines = times.stream().map(time -> time.line(subject.key)).toList();
    List<MeasuredKernel> read = MeasuredKernel.of(subject.key, lines);
    assertEquals(times.size(), read.size());
    for (int i = 0; i < read.size(); i++) {
      assertEquals(times.get(i).kernel(), read.get(i).kernel());
      assertEquals(times.get(i).shape(), read.get(i).shape());
      assertEquals(times.get(i).seconds(), read.get(i).seconds(), 0.5e-9);
    }
  }

  /** The times are those of a prior with other constants, so that some constants fit them. */
  @Test
  void fit_toTimesOfOtherConstants_isNearThem() throws IOException {
    PriorSubject subject = PriorSubject.MMA;
    Fits others = others(CudaFits.FILE, subject.fit, new SplittableRandom());
    FitPriors fitting =
        new FitPriors(
            folder, new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8));
    Json.DOCUMENTS
        .writerFor(Target.class)
        .writeValue(folder.resolve("target.json").toFile(), Samples.H200);
    List<MeasuredKernel> times = times(subject, CudaFits.of(others));
    fitting.write(subject, times);
    fitting.fit(List.of(subject.fit));
    Fits fitted = Json.DOCUMENTS.readValue(folder.resolve("h200.json").toFile(), Fits.class);
    PriorFit fit = new PriorFit(subject, Samples.H200, CudaFits.FILE, times);
    assertTrue(fit.error(fitted) < fit.error(CudaFits.FILE) / 3, fitted + " for " + others);
    Map<String, Fit> unchanged = new HashMap<>(fitted.fits());
    Fit anew = unchanged.put(subject.fit, CudaFits.FILE.fits().get(subject.fit));
    assertEquals(CudaFits.FILE.fits(), unchanged);
    assertEquals(
        times.size() + " times of 32 kernels, measured by scripts/fit-priors", anew.data());
    assertEquals(fit.error(fitted), Double.parseDouble(anew.logError()), 0.0006);
    assertEquals("cuda-mma", anew.heldTo());
    assertEquals("none", anew.check());
  }

  @Test
  void measured_withoutNamedFits_keepsTheConstants() throws IOException {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    FitPriors fitting = new FitPriors(folder, new PrintStream(said, true, StandardCharsets.UTF_8));
    Json.DOCUMENTS
        .writerFor(Target.class)
        .writeValue(folder.resolve("target.json").toFile(), Samples.H200);
    fitting.write(PriorSubject.ROWS, times(PriorSubject.ROWS, CudaFits.H200));
    fitting.fit(List.of());
    assertEquals(
        CudaFits.FILE.fits(),
        Json.DOCUMENTS.readValue(folder.resolve("h200.json").toFile(), Fits.class).fits());
    assertEquals(
        "rows                   as it is: 50 times, log error 0.000, of those of the fit 0.000, speed of the first three 1.000",
        said.toString(StandardCharsets.UTF_8).strip());
    assertEquals(50, Files.readAllLines(folder.resolve("measured.txt")).size());
  }

  /** What the prior of a subject predicts of its points. */
  private static List<MeasuredKernel> times(PriorSubject subject, CudaFits fits) {
    CudaFamily family = subject.family(Samples.H200, fits);
    return subject.points().stream()
        .flatMap(
            point ->
                subject.shapes.stream()
                    .map(shape -> new MeasuredKernel(point, shape, seconds(family, point, shape))))
        .toList();
  }

  private static double seconds(CudaFamily family, MicroKernel point, GemmShape shape) {
    return family.tiling(point).adaptation(shape, 1).seconds(family.prior(point));
  }

  /** The same with each constant of a fit two to three times as large, or as small. */
  private static Fits others(Fits fits, String name, SplittableRandom random) {
    Fit fit = fits.fits().get(name);
    Map<String, Fit.Constant> constants = new HashMap<>();
    fit.constants()
        .forEach(
            (constant, former) -> {
              double change = random.nextDouble(2, 3);
              double value =
                  constant.equals("overlapExponent")
                      ? former.value()
                      : former.value() * (random.nextBoolean() ? change : 1 / change);
              constants.put(constant, new Fit.Constant(value, former.unit()));
            });
    Map<String, Fit> all = new HashMap<>(fits.fits());
    all.put(
        name,
        new Fit(
            fit.describes(),
            fit.measuredOn(),
            fit.date(),
            fit.data(),
            fit.logError(),
            fit.heldTo(),
            fit.check(),
            constants));
    return new Fits(fits.model(), fits.note(), all);
  }
}
