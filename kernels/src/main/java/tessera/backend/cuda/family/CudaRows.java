package tessera.backend.cuda.family;

import java.util.List;
import java.util.Locale;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.microkernel.Grid;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Parameter;
import tessera.microkernel.Tiling;
import tessera.operator.GemmShape;
import tessera.workload.Workload;

/**
 * The family of {@code rows/rows.cu}: float32 on CUDA cores for many short reductions, capability
 * 8.0 and up. Operands keep their order on the way to shared memory, the reduction of a tile may be
 * sliced among a block's warps, and a thread may have any number of rows.
 */
public final class CudaRows extends CudaFamily {
  public static final String NAME = "cuda-rows";

  /** k that are read together. */
  private static final int QUAD = 4;

  /** Floats that a row of k is longer in shared memory. */
  private static final int GAP = 4;

  /** Registers for addresses, indices and loop counters; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 24;

  private static final int MOST_THREADS = 512;

  public CudaRows(CudaTarget target, Workload workload) {
    super(target, workload);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String template() {
    return "rows/rows.cu";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter("blockM", List.of(16, 24, 32, 48, 52, 56, 64, 96, 104, 112, 128)),
        new Parameter("blockN", List.of(32, 64, 96, 128)),
        new Parameter("blockK", List.of(16, 32)),
        new Parameter("threadM", List.of(3, 4, 6, 7, 8, 12, 13, 14, 16)),
        new Parameter("threadN", List.of(4, 8, 12)),
        new Parameter("lanesN", List.of(4, 8, 16)),
        new Parameter("slices", List.of(1, 2, 4)),
        new Parameter("stages", List.of(2, 3, 4)),
        new Parameter("unroll", List.of(1, 2)),
        new Parameter("resident", List.of(1, 2, 3, 4, 6, 8)));
  }

  @Override
  public boolean isLegal(MicroKernel kernel) {
    int threadM = kernel.get("threadM");
    int threadN = kernel.get("threadN");
    boolean whole =
        kernel.get("blockM") % threadM == 0
            && kernel.get("blockN") % threadN == 0
            && kernel.get("blockN") / threadN % kernel.get("lanesN") == 0
            && kernel.get("blockM") / threadM % (WARP / kernel.get("lanesN")) == 0;
    return whole
        && target.hasAsynchronousCopies()
        && threads(kernel) <= MOST_THREADS
        && kernel.get("unroll") * kernel.get("slices") <= kernel.get("blockK") / QUAD
        && pipelineFloats(kernel) >= QUAD * threads(kernel)
        && mayHold(kernel.get("resident"), threads(kernel), registers(kernel), sharedBytes(kernel))
        && sharedBytes(kernel) <= target.sharedBytesPerBlock()
        && registers(kernel) <= MOST_REGISTERS;
  }

  private static int threads(MicroKernel kernel) {
    return kernel.get("slices")
        * (kernel.get("blockM") / kernel.get("threadM"))
        * (kernel.get("blockN") / kernel.get("threadN"));
  }

  /**
   * Sums, four k of all rows, and of columns either one k or four: those as often as they are
   * unrolled, since ptxas begins with all that a known number of steps reads.
   */
  private int registers(MicroKernel kernel) {
    int threadM = kernel.get("threadM");
    int threadN = kernel.get("threadN");
    int fragments =
        workload.operator().secondIsNk()
            ? kernel.get("unroll") * QUAD * (threadM + threadN)
            : QUAD * threadM + threadN;
    return threadM * threadN + fragments + OTHER_REGISTERS;
  }

  /** As PIPELINE_FLOATS of the template. */
  private int pipelineFloats(MicroKernel kernel) {
    int blockK = kernel.get("blockK");
    int first = kernel.get("blockM") * (blockK + GAP);
    int second =
        workload.operator().secondIsNk()
            ? kernel.get("blockN") * (blockK + GAP)
            : kernel.get("blockN") * blockK;
    return kernel.get("stages") * (first + second);
  }

  private int sharedBytes(MicroKernel kernel) {
    int sums = (kernel.get("slices") - 1) * kernel.get("blockM") * kernel.get("blockN");
    return Float.BYTES * Math.max(pipelineFloats(kernel), sums);
  }

  @Override
  public String label(MicroKernel kernel) {
    return String.format(
        Locale.ROOT,
        "rows_f32_%s_%dx%dx%d_t%dx%d_l%d%s_s%d_u%d_r%d",
        target.isa(),
        kernel.get("blockM"),
        kernel.get("blockN"),
        kernel.get("blockK"),
        kernel.get("threadM"),
        kernel.get("threadN"),
        kernel.get("lanesN"),
        kernel.get("slices") > 1 ? "x" + kernel.get("slices") : "",
        kernel.get("stages"),
        kernel.get("unroll"),
        kernel.get("resident"));
  }

  @Override
  public Tiling tiling(MicroKernel kernel) {
    return cost(kernel)
        .grid(
            kernel.get("blockM"),
            kernel.get("blockN"),
            kernel.get("blockK"),
            QUAD,
            target,
            resident(kernel),
            1,
            Grid.Schedule.WAVES);
  }

  private int resident(MicroKernel kernel) {
    int fitting = residentBlocks(threads(kernel), registers(kernel), sharedBytes(kernel));
    return Math.max(kernel.get("resident"), fitting);
  }

  private static double area(MicroKernel kernel) {
    return (double) kernel.get("blockM") * kernel.get("blockN");
  }

  private TileCost cost(MicroKernel kernel) {
    return SimtPrior.ROWS.cost(target, kernel, threads(kernel), 1, 0);
  }

  @Override
  public Launch launch(MicroKernel kernel, GemmShape shape) {
    return Launch.of((Grid) tiling(kernel), shape, threads(kernel), sharedBytes(kernel));
  }

  @Override
  public List<String> featureNames() {
    return List.of(
        "tileM",
        "tileN",
        "blockK",
        "threadM",
        "threadN",
        "threads",
        "lanesN",
        "slices",
        "stages",
        "unroll",
        "resident",
        "registers",
        "sharedBytesPerMultiprocessor",
        "bytesPerMultiplyAdd");
  }

  @Override
  public double[] features(MicroKernel kernel) {
    double tileM = kernel.get("blockM");
    double tileN = kernel.get("blockN");
    return new double[] {
      tileM,
      tileN,
      kernel.get("blockK"),
      kernel.get("threadM"),
      kernel.get("threadN"),
      threads(kernel),
      kernel.get("lanesN"),
      kernel.get("slices"),
      kernel.get("stages"),
      kernel.get("unroll"),
      kernel.get("resident"),
      registers(kernel),
      (double) sharedBytes(kernel) * kernel.get("resident") / target.sharedBytesPerMultiprocessor(),
      4 * (tileM + tileN) / (tileM * tileN)
    };
  }

  @Override
  public MicroKernelCost prior(MicroKernel kernel) {
    return cost(kernel).prior(resident(kernel), area(kernel) * kernel.get("blockK"));
  }
}
