package tessera.backend.cpu;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Panels;
import tessera.microkernel.Parameter;
import tessera.microkernel.Tiling;
import tessera.operator.Axis;
import tessera.workload.Workload;

/** The family of {@code gemm.c}: matrix multiplication in C with vector extensions. */
public final class CpuGemm extends CpuFamily {
  static final String NAME = "cpu-gemm";

  /*
   * The prior's constants, from measurements of hand-picked kernels on two x86-64 machines: a packed element costs as much
   * as a few multiply-adds, a scalar element copied to panels several times that, and every k-loop has a fixed cost.
   */
  private static final double PACK_SECONDS = 2.5e-10;
  private static final double PACK_SCALAR_SECONDS = 8e-10;
  private static final int TILE_OVERHEAD_STEPS = 12;
  private static final double LATENCY_ACCUMULATORS = 8;

  public CpuGemm(CpuTarget target, Workload workload) {
    super(target, workload);
  }

  @Override
  String template() {
    return "gemm.c";
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter("vectorOverM", List.of(0, 1)),
        new Parameter("tileVectors", List.of(1, 2, 3, 4, 5, 6)),
        new Parameter("tileScalars", List.of(1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16)),
        new Parameter("panelTiles", List.of(1, 2, 3, 4, 6, 8, 12, 16)),
        new Parameter("streamTiles", List.of(4, 8, 16, 32, 64, 256, 1024)),
        new Parameter(
            "blockK", List.of(128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)),
        new Parameter("packVector", List.of(0, 1)),
        new Parameter("packScalar", List.of(0, 1)),
        new Parameter("prefetch", List.of(0, 1)),
        new Parameter("unroll", List.of(1, 2, 4)),
        new Parameter("scalarInner", List.of(0, 1)),
        new Parameter("splitM", List.of(0, 1)));
  }

  @Override
  public boolean isLegal(MicroKernel kernel) {
    int vectors = kernel.get("tileVectors");
    int scalars = kernel.get("tileScalars");
    boolean registersFit = vectors * scalars + vectors + 1 <= target.registers();
    boolean panelFits = 4L * panelBlock(kernel) * depth(kernel) <= target.l2Bytes() * 3 / 4;
    boolean streamFits =
        kernel.get("packScalar") == 0
            || 4L * kernel.get("streamTiles") * scalars * depth(kernel) <= target.l3Bytes() / 2;
    // reading the vector operand in place is a choice only where it is contiguous along the vector
    boolean packs =
        kernel.get("packVector") == 1
            || (kernel.get("vectorOverM") == 0 && !workload.operator().secondIsNk());
    return registersFit
        && panelFits
        && streamFits
        && packs
        && vectors * scalars >= 4
        && depthIsNeeded(kernel);
  }

  /**
   * Of several blockK that all hold a fixed k whole, only the smallest is kept: the code would be
   * the same.
   */
  private boolean depthIsNeeded(MicroKernel kernel) {
    long k = workload.staticExtent(Axis.K);
    int blockK = kernel.get("blockK");
    return k == 0
        || blockK <= k
        || parameters().get(5).choices().stream()
            .noneMatch(smaller -> smaller >= k && smaller < blockK);
  }

  @Override
  public String label(MicroKernel kernel) {
    return String.format(
        Locale.ROOT,
        "gemm_f32_%s_%s_%dx%d_panel%d_stream%d_k%d%s%s%s_u%d_%s_split%s",
        target.isa(),
        kernel.get("vectorOverM") == 1 ? "m" : "n",
        kernel.get("tileVectors"),
        kernel.get("tileScalars"),
        panelBlock(kernel),
        kernel.get("streamTiles") * kernel.get("tileScalars"),
        kernel.get("blockK"),
        kernel.get("packVector") == 1 ? "" : "_inplace",
        kernel.get("packScalar") == 1 ? "_packed" : "",
        kernel.get("prefetch") == 1 ? "_prefetch" : "",
        kernel.get("unroll"),
        kernel.get("scalarInner") == 1 ? "sv" : "vs",
        kernel.get("splitM") == 1 ? "m" : "n");
  }

  @Override
  public Panels tiling(MicroKernel kernel) {
    return new Panels(
        kernel.get("vectorOverM") == 1,
        kernel.get("tileVectors") * target.lanes(),
        target.lanes(),
        panelBlock(kernel),
        kernel.get("tileScalars"),
        kernel.get("splitM") == 1,
        new Tiling.Reduction(1, kernel.get("blockK"), TILE_OVERHEAD_STEPS));
  }

  private int panelBlock(MicroKernel kernel) {
    return kernel.get("tileVectors") * target.lanes() * kernel.get("panelTiles");
  }

  /** Reduction steps of a panel, as the template clips them. */
  private long depth(MicroKernel kernel) {
    long k = workload.staticExtent(Axis.K);
    return k > 0 ? Math.min(k, kernel.get("blockK")) : kernel.get("blockK");
  }

  @Override
  public List<String> featureNames() {
    return List.of(
        "vectorOverM",
        "tileVectors",
        "tileScalars",
        "accumulators",
        "loadsPerMultiplyAdd",
        "log2PanelTiles",
        "log2StreamElements",
        "log2Depth",
        "panelBytesPerL2",
        "panelTileBytesPerL1",
        "streamTileBytesPerL1",
        "packVector",
        "packScalar",
        "prefetch",
        "unroll",
        "scalarInner");
  }

  @Override
  public double[] features(MicroKernel kernel) {
    double vectors = kernel.get("tileVectors");
    double scalars = kernel.get("tileScalars");
    double depth = depth(kernel);
    return new double[] {
      kernel.get("vectorOverM"),
      vectors,
      scalars,
      vectors * scalars,
      (vectors + scalars) / (vectors * scalars),
      KernelFamily.log2(kernel.get("panelTiles")),
      KernelFamily.log2(kernel.get("streamTiles") * scalars),
      KernelFamily.log2(depth),
      4 * panelBlock(kernel) * depth / target.l2Bytes(),
      4 * vectors * target.lanes() * depth / target.l1Bytes(),
      4 * scalars * depth / target.l1Bytes(),
      kernel.get("packVector"),
      kernel.get("packScalar"),
      kernel.get("prefetch"),
      kernel.get("unroll"),
      kernel.get("scalarInner")
    };
  }

  /**
   * A roofline of one k-step: multiply-adds against two loads a cycle and against the latency of
   * too few accumulators, and a larger one where the streamed tile leaves the first-level cache.
   */
  @Override
  public MicroKernelCost prior(MicroKernel kernel) {
    double vectors = kernel.get("tileVectors");
    double scalars = kernel.get("tileScalars");
    double accumulators = vectors * scalars;
    double depth = depth(kernel);
    double loads = (vectors + scalars) / (2 * accumulators);
    double latency = LATENCY_ACCUMULATORS / accumulators;
    double residency = Math.max(0, 4 * scalars * depth / target.l1Bytes() - 0.75) * 0.1;
    double stepFactor = Math.max(1, Math.max(loads, latency)) * (1 + residency + 0.3 * loads);
    double peakSteps = target.peakGflops() * 1e9 / 2;
    double element = PACK_SECONDS + (kernel.get("packScalar") == 1 ? PACK_SCALAR_SECONDS : 0);
    return new MicroKernelCost(stepFactor / peakSteps, element);
  }

  @Override
  SortedMap<String, String> constants(MicroKernel kernel) {
    SortedMap<String, String> constants = new TreeMap<>();
    constants.put("VECTOR_OVER_M", "" + kernel.get("vectorOverM"));
    constants.put("TILE_VECTORS", "" + kernel.get("tileVectors"));
    constants.put("TILE_SCALARS", "" + kernel.get("tileScalars"));
    constants.put("BLOCK_VECTOR", "" + panelBlock(kernel));
    constants.put("BLOCK_SCALAR", "" + kernel.get("streamTiles") * kernel.get("tileScalars"));
    constants.put("BLOCK_K", "" + kernel.get("blockK"));
    constants.put("PACK_VECTOR", "" + kernel.get("packVector"));
    constants.put("PACK_SCALAR", "" + kernel.get("packScalar"));
    constants.put("PREFETCH", "" + kernel.get("prefetch"));
    constants.put("UNROLL", "" + kernel.get("unroll"));
    constants.put("SCALAR_INNER", "" + kernel.get("scalarInner"));
    constants.put("SPLIT_M", "" + kernel.get("splitM"));
    return constants;
  }
}
