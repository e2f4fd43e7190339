package tessera.backend.cuda.family;

import java.util.List;
import java.util.Locale;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.microkernel.Grid;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Parameter;
import tessera.microkernel.Tiling;
import tessera.operator.GemmShape;
import tessera.workload.Workload;

/**
 * The family of {@code mma/mma.cu}: float16, bfloat16 and tf32 on tensor cores by mma.sync,
 * capability 8.0 and up. Tiles are divided among blocks as those of {@link CudaSimt}.
 */
public final class CudaMma extends CudaFamily {
  public static final String NAME = "cuda-mma";

  /** Bytes that all banks of shared memory give at once. */
  private static final int BANKS_BYTES = 128;

  /*
   * The prior's constants, from a fit to 120 kernels measured on an H200 (log error 0.12): the share of the tensor cores'
   * multiply-adds that mma.sync reaches where wgmma is the way to all, and what fragments take of it; how long a stage
   * takes to come, in seconds; the norm that adds these; what filling the pipeline takes, storing a sum of 16 bits, and
   * sharing one with other blocks.
   */
  private static final double SYNC_SHARE = 0.59;
  private static final double FRAGMENT_SHARE = 3.9;
  private static final double FETCH_SECONDS = 4.3e-7;
  private static final double NORM = 3.15;
  private static final double FILL_SECONDS = 2.15e-6;
  private static final double STORE_SECONDS = 1.39e-10;
  private static final double SHARE_SECONDS = 1.5e-11;

  /** Registers for addresses and counters; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 56;

  public CudaMma(CudaTarget target, Workload workload) {
    super(target, workload);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String template() {
    return "mma/mma.cu";
  }

  @Override
  public List<Parameter> parameters() {
    int bytes = workload.numerics().input().bytes();
    return List.of(
        new Parameter("blockM", List.of(16, 32, 48, 64, 96, 128, 192, 256)),
        new Parameter("blockN", List.of(16, 32, 48, 64, 96, 128, 192, 256)),
        new Parameter("blockK", List.of(64 / bytes, 128 / bytes)),
        new Parameter("warpsM", List.of(1, 2, 4)),
        new Parameter("warpsN", List.of(1, 2, 4)),
        new Parameter("stages", List.of(2, 3, 4, 5, 6, 8, 10, 12)),
        new Parameter("cluster", List.of(1, 2, 4, 8)),
        new Parameter("even", List.of(0, 1)),
        new Parameter("groupM", List.of(1, 8)),
        new Parameter("resident", List.of(1, 2, 3, 4, 6)));
  }

  @Override
  public boolean isLegal(MicroKernel kernel) {
    int cluster = kernel.get("cluster");
    boolean whole =
        kernel.get("blockM") % (16 * kernel.get("warpsM")) == 0
            && kernel.get("blockN") % (16 * kernel.get("warpsN")) == 0;
    boolean lines =
        workload.operator().secondIsNk() || kernel.get("blockN") * inputBytes() % BANKS_BYTES == 0;
    if (!whole || !lines) {
      return false;
    }
    boolean shares =
        cluster == 1
            || (target.hasClusters() && kernel.get("even") == 0 && cluster <= vectors(kernel));
    return shares
        && registers(kernel) <= MOST_REGISTERS
        && sharedBytes(kernel) <= target.sharedBytesPerBlock()
        && mayHold(kernel.get("resident"), threads(kernel), registers(kernel), sharedBytes(kernel));
  }

  private int inputBytes() {
    return workload.numerics().input().bytes();
  }

  private static int threads(MicroKernel kernel) {
    return WARP * kernel.get("warpsM") * kernel.get("warpsN");
  }

  private static int warpM(MicroKernel kernel) {
    return kernel.get("blockM") / kernel.get("warpsM");
  }

  private static int warpN(MicroKernel kernel) {
    return kernel.get("blockN") / kernel.get("warpsN");
  }

  /** A thread's sums in groups of four. */
  private static int vectors(MicroKernel kernel) {
    return warpM(kernel) * warpN(kernel) / WARP / 4;
  }

  /** Sums and two sets of fragments. */
  private static int registers(MicroKernel kernel) {
    int fragments = warpM(kernel) / 16 * 4 + warpN(kernel) / 8 * 2;
    return 4 * vectors(kernel) + 2 * fragments + OTHER_REGISTERS;
  }

  /** As SHARED_FLOATS of the template. */
  private int sharedBytes(MicroKernel kernel) {
    int output = workload.numerics().output().bytes();
    int stage = (kernel.get("blockM") + kernel.get("blockN")) * kernel.get("blockK") * inputBytes();
    int finished = threads(kernel) / WARP * 16 * (warpN(kernel) + 16 / output) * output;
    return Math.max(kernel.get("stages") * stage, finished)
        + exchangeBytes(kernel.get("cluster"), vectors(kernel), threads(kernel));
  }

  @Override
  public String label(MicroKernel kernel) {
    return String.format(
        Locale.ROOT,
        "mma_%s_%s_%dx%dx%d_w%dx%d_s%d%s_g%d_r%d",
        workload.numerics().label(),
        target.isa(),
        kernel.get("blockM"),
        kernel.get("blockN"),
        kernel.get("blockK"),
        kernel.get("warpsM"),
        kernel.get("warpsN"),
        kernel.get("stages"),
        kernel.get("even") == 1
            ? "_even"
            : kernel.get("cluster") > 1 ? "_cluster" + kernel.get("cluster") : "",
        kernel.get("groupM"),
        kernel.get("resident"));
  }

  @Override
  public Tiling tiling(MicroKernel kernel) {
    return grid(kernel, cost(kernel), resident(kernel));
  }

  private int resident(MicroKernel kernel) {
    return resident(kernel, threads(kernel), registers(kernel), sharedBytes(kernel));
  }

  private double area(MicroKernel kernel) {
    return (double) kernel.get("blockM") * kernel.get("blockN");
  }

  private TileCost cost(MicroKernel kernel) {
    double fragments = FRAGMENT_SHARE * (1.0 / warpM(kernel) + 1.0 / warpN(kernel));
    double stored = workload.numerics().output().bytes() / 2.0 * STORE_SECONDS;
    boolean shared = kernel.get("cluster") > 1 || kernel.get("even") == 1;
    return new TileCost(
        area(kernel) * kernel.get("blockK") * (1 + fragments) / speed(),
        FETCH_SECONDS / (kernel.get("stages") - 1),
        0,
        NORM,
        FILL_SECONDS + (shared ? area(kernel) * SHARE_SECONDS : 0),
        area(kernel) * stored);
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
        "warpM",
        "warpN",
        "threads",
        "stages",
        "cluster",
        "even",
        "log2GroupM",
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
      warpM(kernel),
      warpN(kernel),
      threads(kernel),
      kernel.get("stages"),
      kernel.get("cluster"),
      kernel.get("even"),
      KernelFamily.log2(kernel.get("groupM")),
      kernel.get("resident"),
      registers(kernel),
      (double) sharedBytes(kernel) * kernel.get("resident") / target.sharedBytesPerMultiprocessor(),
      inputBytes() * (tileM + tileN) / (tileM * tileN)
    };
  }

  @Override
  public MicroKernelCost prior(MicroKernel kernel) {
    return cost(kernel).prior(resident(kernel), area(kernel) * kernel.get("blockK"));
  }

  /** Multiply-adds a second of a multiprocessor that mma.sync reaches. */
  private double speed() {
    double share = target.hasWarpgroupMultiply() ? SYNC_SHARE : 1;
    return share * TensorCores.multiplyAdds(target, workload.numerics().input());
  }
}
