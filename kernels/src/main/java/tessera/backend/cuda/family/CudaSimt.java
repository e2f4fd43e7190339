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
 * The family of {@code simt/simt.cu}: float32 on CUDA cores, capability 7.0 and up. Tiles are
 * divided among blocks whole, in equal ranges (stream-K), or, from capability 9.0 on, each among
 * the blocks of a cluster; without one, the reduction may be sliced among a block's warps.
 */
public final class CudaSimt extends CudaFamily {
  public static final String NAME = "cuda-simt";

  /** What a block took longer whose tiles are grouped along m, as a share; fitted. */
  private static final double GROUPED_SHARE = 0.052;

  /** What a block of equal ranges took longer to begin and end; fitted. */
  private static final double EVEN_SECONDS = 8e-7;

  /** k, rows or columns that are moved together. */
  private static final int QUAD = 4;

  /* Registers for addresses, indices and loop counters, and for each float under way; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 55;
  private static final double HELD_REGISTERS = 1.5;

  /** Multiply-adds that are unrolled in one step; more make ptxas slow and spill. */
  private static final int MOST_UNROLLED = 2048;

  public CudaSimt(CudaTarget target, Workload workload) {
    super(target, workload);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String template() {
    return "simt/simt.cu";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter("blockM", List.of(16, 32, 48, 64, 96, 128, 192, 256)),
        new Parameter("blockN", List.of(32, 64, 96, 128, 192, 256)),
        new Parameter("blockK", List.of(8, 16, 32)),
        new Parameter("threadM", List.of(4, 8, 12, 16)),
        new Parameter("threadN", List.of(4, 8, 12, 16)),
        new Parameter("lanesN", List.of(4, 8, 16, 32)),
        new Parameter("slices", List.of(1, 2, 4)),
        new Parameter("stages", List.of(2, 3, 4, 5, 6, 8)),
        new Parameter("cluster", List.of(1, 2, 4, 8)),
        new Parameter("even", List.of(0, 1)),
        new Parameter("groupM", List.of(1, 8)),
        new Parameter("order", List.of(0, 1)),
        new Parameter("resident", List.of(1, 2, 3, 4, 6)));
  }

  @Override
  public boolean isLegal(MicroKernel kernel) {
    int threadM = kernel.get("threadM");
    int threadN = kernel.get("threadN");
    int across = kernel.get("blockM") / threadM;
    int along = kernel.get("blockN") / threadN;
    int cluster = kernel.get("cluster");
    int slices = kernel.get("slices");
    boolean whole =
        kernel.get("blockM") % threadM == 0
            && kernel.get("blockN") % threadN == 0
            && along % kernel.get("lanesN") == 0
            && across % (WARP / kernel.get("lanesN")) == 0;
    if (!whole) {
      return false;
    }
    boolean fits =
        threads(kernel) <= 512
            && threadM * threadN * kernel.get("blockK") / slices <= MOST_UNROLLED
            && mayHold(
                kernel.get("resident"), threads(kernel), registers(kernel), sharedBytes(kernel))
            && sharedBytes(kernel) <= target.sharedBytesPerBlock()
            && registers(kernel) <= MOST_REGISTERS;
    boolean shares = cluster == 1 || (target.hasClusters() && kernel.get("even") == 0);
    boolean sliced = slices == 1 || (cluster == 1 && kernel.get("blockK") / slices % QUAD == 0);
    boolean copies = target.hasAsynchronousCopies() && !workload.operator().secondIsNk();
    return fits && shares && sliced && (!isCopied(kernel) || copies);
  }

  private static int threads(MicroKernel kernel) {
    return kernel.get("slices") * sliceThreads(kernel);
  }

  private static int sliceThreads(MicroKernel kernel) {
    return kernel.get("blockM")
        / kernel.get("threadM")
        * (kernel.get("blockN") / kernel.get("threadN"));
  }

  /**
   * Whether asynchronous copies fill shared memory, not registers. Where both operands have to come
   * by 4 bytes, as [n, k] storage has it, that was at best even on an H200, so the search leaves it
   * out there; with [k, n] storage it saved 7 to 49 percent at the probes of BERT's attention.
   */
  private static boolean isCopied(MicroKernel kernel) {
    return kernel.get("stages") > 2;
  }

  /**
   * Sums, two sets of fragments, and the floats of the next stage where they are under way through
   * registers.
   */
  private static int registers(MicroKernel kernel) {
    int threadM = kernel.get("threadM");
    int threadN = kernel.get("threadN");
    int copied = (kernel.get("blockM") + kernel.get("blockN")) * kernel.get("blockK");
    int held = isCopied(kernel) ? 0 : (copied + threads(kernel) - 1) / threads(kernel);
    return threadM * threadN
        + 2 * (threadM + threadN)
        + (int) (HELD_REGISTERS * held)
        + OTHER_REGISTERS;
  }

  /** As SHARED_FLOATS of the template. */
  private static int sharedBytes(MicroKernel kernel) {
    int floats =
        kernel.get("stages")
            * kernel.get("blockK")
            * (stride(kernel, "blockM") + stride(kernel, "blockN"));
    int sums = (kernel.get("slices") - 1) * kernel.get("blockM") * kernel.get("blockN");
    int vectors = kernel.get("threadM") * kernel.get("threadN") / QUAD;
    return 4 * Math.max(floats, sums)
        + exchangeBytes(kernel.get("cluster"), vectors, threads(kernel));
  }

  /** As Stride of the template. */
  private static int stride(MicroKernel kernel, String block) {
    int rows = kernel.get(block);
    return isCopied(kernel) ? rows / 8 * 8 + 4 : (rows + 31) / 32 * 32;
  }

  @Override
  public String label(MicroKernel kernel) {
    return String.format(
        Locale.ROOT,
        "simt_f32_%s_%dx%dx%d_t%dx%d_l%d%s_s%d%s_g%d_r%d_o%d",
        target.isa(),
        kernel.get("blockM"),
        kernel.get("blockN"),
        kernel.get("blockK"),
        kernel.get("threadM"),
        kernel.get("threadN"),
        kernel.get("lanesN"),
        kernel.get("slices") > 1 ? "x" + kernel.get("slices") : "",
        kernel.get("stages"),
        kernel.get("even") == 1
            ? "_even"
            : kernel.get("cluster") > 1 ? "_cluster" + kernel.get("cluster") : "",
        kernel.get("groupM"),
        kernel.get("resident"),
        kernel.get("order"));
  }

  @Override
  public Tiling tiling(MicroKernel kernel) {
    return grid(kernel, cost(kernel), resident(kernel));
  }

  private int resident(MicroKernel kernel) {
    return resident(kernel, threads(kernel), registers(kernel), sharedBytes(kernel));
  }

  private static double area(MicroKernel kernel) {
    return (double) kernel.get("blockM") * kernel.get("blockN");
  }

  private TileCost cost(MicroKernel kernel) {
    SimtPrior fitted = isCopied(kernel) ? SimtPrior.COPIED : SimtPrior.THROUGH_REGISTERS;
    double grouped = kernel.get("groupM") > 1 ? GROUPED_SHARE : 0;
    double even = kernel.get("even") == 1 ? EVEN_SECONDS : 0;
    return fitted.cost(target, kernel, threads(kernel), 1 + grouped, even);
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
        "cluster",
        "even",
        "log2GroupM",
        "order",
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
      kernel.get("cluster"),
      kernel.get("even"),
      KernelFamily.log2(kernel.get("groupM")),
      kernel.get("order"),
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
