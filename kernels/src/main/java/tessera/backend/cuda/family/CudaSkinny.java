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

/** The family of {@code skinny/skinny.cu}: few rows of float32, bound by the memory of b. */
public final class CudaSkinny extends CudaFamily {
  public static final String NAME = "cuda-skinny";

  /** Columns of a warp where b is [k, n]. */
  private static final int WIDE = 128;

  /* Registers for addresses and counters, of the kernel and of each row up to some; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 24;
  private static final int ROW_REGISTERS = 8;
  private static final int MOST_ROW_REGISTERS = 40;

  /*
   * The prior's constants, from a fit to 180 kernels measured on an H200 (log error 0.2): bytes of b that a
   * multiprocessor takes in a second, the share of its multiply-adds that are reached, how long vectors take to come, the
   * norm that adds these, what beginning and storing a tile takes, and how much faster than memory caches are.
   */
  private static final double BYTES_PER_SECOND = 5.5e11;
  private static final double MULTIPLY_SHARE = 0.325;
  private static final double FETCH_SECONDS = 2.2e-7;
  private static final double NORM = 1.2;
  private static final double FILL_SECONDS = 3.9e-7;
  private static final double CACHED_BANDWIDTH = 8;

  public CudaSkinny(CudaTarget target, Workload workload) {
    super(target, workload);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String template() {
    return "skinny/skinny.cu";
  }

  @Override
  public List<Parameter> parameters() {
    List<Integer> columns = workload.operator().secondIsNk() ? List.of(1, 2, 4, 8) : List.of(WIDE);
    return List.of(
        new Parameter("rows", List.of(1, 2, 4, 8)),
        new Parameter("columns", columns),
        new Parameter("warps", List.of(4, 8, 16)),
        new Parameter("split", List.of(1, 2, 4, 8, 16)),
        new Parameter("unroll", List.of(1, 2, 4, 8)),
        new Parameter("resident", List.of(1, 2, 3, 4, 6, 8)));
  }

  @Override
  public boolean isLegal(MicroKernel kernel) {
    boolean stores =
        workload.operator().secondIsNk()
            ? kernel.get("rows") * kernel.get("columns") <= WARP
            : kernel.get("columns") == WIDE;
    return stores
        && kernel.get("warps") % kernel.get("split") == 0
        && registers(kernel) <= MOST_REGISTERS
        && sharedBytes(kernel) <= Math.min(48 << 10, target.sharedBytesPerBlock())
        && mayHold(kernel.get("resident"), threads(kernel), registers(kernel), sharedBytes(kernel));
  }

  private static int threads(MicroKernel kernel) {
    return WARP * kernel.get("warps");
  }

  /** Columns of one lane. */
  private int own(MicroKernel kernel) {
    return workload.operator().secondIsNk() ? kernel.get("columns") : 4;
  }

  /** Sums, the vectors of b that are under way, and one of each row of a. */
  private int registers(MicroKernel kernel) {
    int vectors = kernel.get("unroll") * (workload.operator().secondIsNk() ? own(kernel) : 1);
    return kernel.get("rows") * own(kernel)
        + 4 * vectors
        + 4 * kernel.get("rows")
        + Math.min(MOST_ROW_REGISTERS, ROW_REGISTERS * kernel.get("rows"))
        + OTHER_REGISTERS;
  }

  /** As SHARED_FLOATS of the template. */
  private static int sharedBytes(MicroKernel kernel) {
    return 4 * kernel.get("warps") * kernel.get("rows") * kernel.get("columns");
  }

  private static int blockN(MicroKernel kernel) {
    return kernel.get("warps") / kernel.get("split") * kernel.get("columns");
  }

  @Override
  public String label(MicroKernel kernel) {
    return String.format(
        Locale.ROOT,
        "skinny_f32_%s_%dx%d_w%d_s%d_u%d_r%d",
        target.isa(),
        kernel.get("rows"),
        kernel.get("columns"),
        kernel.get("warps"),
        kernel.get("split"),
        kernel.get("unroll"),
        kernel.get("resident"));
  }

  @Override
  public Tiling tiling(MicroKernel kernel) {
    return cost(kernel)
        .grid(
            kernel.get("rows"),
            blockN(kernel),
            grain(kernel),
            target,
            resident(kernel),
            1,
            Grid.Schedule.WAVES);
  }

  /** Steps of k for which a block has vectors under way at once. */
  private int grain(MicroKernel kernel) {
    return (workload.operator().secondIsNk() ? 4 * WARP : 1)
        * kernel.get("split")
        * kernel.get("unroll");
  }

  private int resident(MicroKernel kernel) {
    int held = residentBlocks(threads(kernel), registers(kernel), sharedBytes(kernel));
    return Math.max(kernel.get("resident"), held);
  }

  private TileCost cost(MicroKernel kernel) {
    double elements = (double) blockN(kernel) * grain(kernel);
    double speed = target.multiprocessorMultiplyAdds();
    return new TileCost(
        4 * elements / BYTES_PER_SECOND + kernel.get("rows") * elements / (MULTIPLY_SHARE * speed),
        FETCH_SECONDS,
        0,
        NORM,
        FILL_SECONDS,
        0);
  }

  @Override
  public Launch launch(MicroKernel kernel, GemmShape shape) {
    long rows = (shape.m() + kernel.get("rows") - 1) / kernel.get("rows");
    long columns = (shape.n() + blockN(kernel) - 1) / blockN(kernel);
    return new Launch(
        Math.toIntExact(shape.batch() * rows * columns), threads(kernel), sharedBytes(kernel), 0);
  }

  @Override
  public List<String> featureNames() {
    return List.of(
        "tileM", "tileN", "threads", "resident", "registers", "split", "unroll", "bytesUnderWay");
  }

  @Override
  public double[] features(MicroKernel kernel) {
    double vectors = kernel.get("unroll") * (workload.operator().secondIsNk() ? own(kernel) : 1);
    return new double[] {
      kernel.get("rows"),
      blockN(kernel),
      threads(kernel),
      kernel.get("resident"),
      registers(kernel),
      kernel.get("split"),
      kernel.get("unroll"),
      16 * vectors * threads(kernel) * kernel.get("resident")
    };
  }

  @Override
  public MicroKernelCost prior(MicroKernel kernel) {
    int resident = resident(kernel);
    double multiplyAdds = (double) kernel.get("rows") * blockN(kernel) * grain(kernel);
    double slots = (double) target.multiprocessors() * resident;
    return new MicroKernelCost(
        cost(kernel).prior(resident, multiplyAdds).secondsPerStep(),
        4 * slots / (CACHED_BANDWIDTH * target.memoryBytesPerSecond()));
  }
}
