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

/**
 * The family of {@code dot.c}: dot products along k, for few rows and for reductions so long that
 * packing does not pay. Needs the second operand as [n, k].
 */
public final class CpuDot extends CpuFamily {
  static final String NAME = "cpu-dot";

  /* The prior's constants, from measurements of hand-picked tiles on one x86-64 machine. */
  private static final double STREAM_SECONDS = 6e-11;
  private static final double LATENCY_ACCUMULATORS = 8;
  /* Summing an accumulator's lanes takes about four instructions, as long as so many vectors of k. */
  private static final int SUM_VECTORS = 4;
  private static final int USUAL_DEPTH = 768;

  public CpuDot(CpuTarget target, Workload workload) {
    super(target, workload);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  String template() {
    return "dot.c";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter("tileM", List.of(1, 2, 3, 4, 5, 6, 7, 8)),
        new Parameter("tileN", List.of(1, 2, 3, 4, 5, 6, 8, 10, 12)),
        new Parameter("panelTiles", List.of(1, 2, 4, 8, 16, 32)),
        new Parameter("prefetch", List.of(0, 1)),
        new Parameter("unroll", List.of(1, 2, 4)),
        new Parameter("splitM", List.of(0, 1)));
  }

  @Override
  public boolean isLegal(MicroKernel kernel) {
    int accumulators = kernel.get("tileM") * kernel.get("tileN");
    boolean registersFit = accumulators + kernel.get("tileN") + 1 <= target.registers();
    boolean panelFits = 4L * panelBlock(kernel) * depth() <= target.l2Bytes() * 3 / 4;
    return registersFit && accumulators >= 4 && (panelFits || kernel.get("panelTiles") == 1);
  }

  @Override
  public String label(MicroKernel kernel) {
    return String.format(
        Locale.ROOT,
        "dot_f32_%s_%dx%d_panel%d%s_u%d_split%s",
        target.isa(),
        kernel.get("tileM"),
        kernel.get("tileN"),
        panelBlock(kernel),
        kernel.get("prefetch") == 1 ? "_prefetch" : "",
        kernel.get("unroll"),
        kernel.get("splitM") == 1 ? "m" : "n");
  }

  @Override
  public Panels tiling(MicroKernel kernel) {
    return new Panels(
        true,
        kernel.get("tileM"),
        1,
        panelBlock(kernel),
        kernel.get("tileN"),
        kernel.get("splitM") == 1,
        new Tiling.Reduction(target.lanes(), Integer.MAX_VALUE, SUM_VECTORS * target.lanes()));
  }

  private static int panelBlock(MicroKernel kernel) {
    return kernel.get("tileM") * kernel.get("panelTiles");
  }

  private long depth() {
    long k = workload.staticExtent(Axis.K);
    return k > 0 ? k : USUAL_DEPTH;
  }

  @Override
  public List<String> featureNames() {
    return List.of(
        "tileM",
        "tileN",
        "accumulators",
        "loadsPerMultiplyAdd",
        "log2PanelTiles",
        "panelBytesPerL2",
        "panelTileBytesPerL1",
        "streamTileBytesPerL1",
        "prefetch",
        "unroll");
  }

  @Override
  public double[] features(MicroKernel kernel) {
    double rows = kernel.get("tileM");
    double columns = kernel.get("tileN");
    double depth = depth();
    return new double[] {
      rows,
      columns,
      rows * columns,
      (rows + columns) / (rows * columns),
      KernelFamily.log2(kernel.get("panelTiles")),
      4 * panelBlock(kernel) * depth / target.l2Bytes(),
      4 * rows * depth / target.l1Bytes(),
      4 * columns * depth / target.l1Bytes(),
      kernel.get("prefetch"),
      kernel.get("unroll")
    };
  }

  /** A roofline of one vector of k: as many multiply-adds as loads fit into a cycle. */
  @Override
  public MicroKernelCost prior(MicroKernel kernel) {
    double rows = kernel.get("tileM");
    double columns = kernel.get("tileN");
    double loads = (rows + columns) / (rows * columns);
    double latency = LATENCY_ACCUMULATORS / (rows * columns);
    double addressing = kernel.get("unroll") == 1 ? 0.2 : 0;
    double stepFactor = Math.max(1, Math.max(loads, latency)) * (1 + 0.25 * loads + addressing);
    return new MicroKernelCost(stepFactor / (target.peakGflops() * 1e9 / 2), STREAM_SECONDS);
  }

  @Override
  SortedMap<String, String> constants(MicroKernel kernel) {
    SortedMap<String, String> constants = new TreeMap<>();
    constants.put("TILE_M", "" + kernel.get("tileM"));
    constants.put("TILE_N", "" + kernel.get("tileN"));
    constants.put("BLOCK_M", "" + panelBlock(kernel));
    constants.put("PREFETCH", "" + kernel.get("prefetch"));
    constants.put("UNROLL", "" + kernel.get("unroll"));
    constants.put("SPLIT_M", "" + kernel.get("splitM"));
    return constants;
  }
}
