package tessera.backend.cuda.prior;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import tessera.backend.cuda.Samples;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaEmulated;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.CudaMma;
import tessera.backend.cuda.family.CudaRows;
import tessera.backend.cuda.family.CudaSimt;
import tessera.backend.cuda.family.CudaSkinny;
import tessera.backend.cuda.family.CudaWgmma;
import tessera.microkernel.MeasuredKernel;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.workload.Workload;

/**
 * A family on a workload, whose prior is held to measured times, and a fit that those times
 * determine.
 */
public enum PriorSubject {
  SIMT(
      "cuda-simt",
      "simt-through-registers",
      kernel -> true,
      CudaSimt::new,
      Samples.bertDense(Numerics.FLOAT32),
      layers(128, 416, 784, 1248, 1792)),
  /** Its search chooses between both kinds of tiles, so there are points of both. */
  SIMT_NN(
      "cuda-simt nn",
      "simt-copied",
      kernel -> kernel.get("stages") > 2,
      CudaSimt::new,
      Samples.attentionValues(),
      heads(65, 94, 128, 256, 512)),
  ROWS(
      "cuda-rows",
      "rows",
      kernel -> true,
      CudaRows::new,
      Samples.attentionValues(),
      heads(65, 94, 103, 111, 128)),
  SKINNY(
      "cuda-skinny",
      "skinny",
      kernel -> true,
      CudaSkinny::new,
      Samples.bertDense(Numerics.FLOAT32),
      layers(2, 4, 8, 16)),
  MMA(
      "cuda-mma",
      "mma",
      kernel -> true,
      CudaMma::new,
      Samples.bertDense(Samples.FLOAT16),
      layers(128, 416, 784, 1248, 1792)),
  WGMMA(
      "cuda-wgmma",
      "wgmma",
      kernel -> true,
      CudaWgmma::new,
      Samples.bertDense(Samples.FLOAT16),
      layers(128, 416, 784, 1248, 1792)),
  EMULATED(
      "cuda-emulated",
      "wgmma-pairs",
      kernel -> true,
      CudaEmulated::new,
      Samples.bertDense(Samples.EMULATED),
      layers(128, 416, 784, 1248, 1792));

  /** Makes a family whose priors have other constants. */
  private interface Maker {
    CudaFamily family(CudaTarget target, Workload workload, CudaFits fits);
  }

  final String key;
  final String fit;
  private final Predicate<MicroKernel> fitted;
  private final Maker maker;
  final Workload workload;
  final List<GemmShape> shapes;

  /**
   * @param key the first field of its measured times
   * @param fit the fit that those times determine
   * @param fitted which micro-kernels the fit's constants describe
   * @param shapes on which its points are timed
   */
  PriorSubject(
      String key,
      String fit,
      Predicate<MicroKernel> fitted,
      Maker maker,
      Workload workload,
      List<GemmShape> shapes) {
    this.key = key;
    this.fit = fit;
    this.fitted = fitted;
    this.maker = maker;
    this.workload = workload;
    this.shapes = shapes;
  }

  private static List<GemmShape> layers(long... rows) {
    return LongStream.of(rows).mapToObj(m -> new GemmShape(1, m, 2304, 768)).toList();
  }

  private static List<GemmShape> heads(long... tokens) {
    return LongStream.of(tokens).mapToObj(t -> new GemmShape(192, t, 64, t)).toList();
  }

  /** The family, with priors by some constants. */
  CudaFamily family(CudaTarget target, CudaFits fits) {
    return maker.family(target, workload, fits);
  }

  /** The points that are timed to fit the constants: the lines of {@code points.txt}. */
  List<MicroKernel> points() {
    return MeasuredKernel.lines("/tessera/backend/cuda/points.txt").stream()
        .map(line -> line.split("; "))
        .filter(fields -> fields[0].equals(key))
        .map(fields -> MeasuredKernel.kernel(key, fields[1]))
        .toList();
  }

  /** Those of some measured times that the fit's constants describe. */
  List<MeasuredKernel> fitted(List<MeasuredKernel> measured) {
    return measured.stream().filter(time -> fitted.test(time.kernel())).toList();
  }
}
