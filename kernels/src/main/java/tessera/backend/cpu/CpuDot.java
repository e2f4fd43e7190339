package tessera.backend.cpu;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import tessera.microkernel.Feature;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Panels;
import tessera.microkernel.Parameter;
import tessera.microkernel.Tiling;
import tessera.microkernel.TypedFamily;
import tessera.operator.Axis;
import tessera.workload.Workload;

/**
 * The family of {@code dot.c}: dot products along k, for few rows and for reductions so long that
 * packing does not pay. Needs the second operand as [n, k].
 */
public final class CpuDot extends CpuFamily implements TypedFamily<CpuDotTile> {
  static final String NAME = "cpu-dot";

  private static final Fitted FITTED = FITS.fit("dot", Fitted.class);

  /**
   * What is known of the tiles of {@code dot.c} before anything is measured.
   *
   * @param streamSeconds seconds of a streamed element
   * @param latencyAccumulators vectors of sums that hide the latency of a multiply-add
   * @param sumVectors vectors of k whose multiply-adds take as long as to add up a sum's lanes
   * @param loadShare share of a load that multiply-adds do not hide
   * @param addressShare share by which a step takes longer that is not unrolled
   * @param spillShare share by which a step takes longer where the rows of a tile do not fit into
   *     the first-level cache
   * @param alikeShare share by which a step takes longer where all rows begin in the same set of
   *     the first-level cache
   */
  record Fitted(
      double streamSeconds,
      double latencyAccumulators,
      int sumVectors,
      double loadShare,
      double addressShare,
      double spillShare,
      double alikeShare) {}

  /** The reduction steps that may be summed at a time. */
  private static final List<Integer> DEPTHS =
      List.of(384, 512, 768, 1024, 1536, CpuDotTile.LONGEST_BLOCK);

  /** Elements apart that lie in the same set of the first-level cache, as of most processors. */
  private static final int SET_ELEMENTS = 1024;

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
        new Parameter("blockK", DEPTHS),
        new Parameter("prefetch", List.of(0, 1)),
        new Parameter("unroll", List.of(1, 2, 4)),
        new Parameter("splitM", List.of(0, 1)));
  }

  @Override
  public CpuDotTile tile(MicroKernel kernel) {
    return CpuDotTile.of(kernel, workload.staticExtent(Axis.K));
  }

  @Override
  public boolean isLegal(CpuDotTile tile) {
    boolean panelFits = tile.panelBytes() <= target.l2Bytes() * 3 / 4;
    return tile.registers() <= target.registers()
        && tile.accumulators() >= LEAST_ACCUMULATORS
        && (panelFits || tile.panelTiles() == 1)
        && depthIsNeeded(tile);
  }

  /** Of several blocks that hold a reduction whole only the longest is kept: all would be alike. */
  private static boolean depthIsNeeded(CpuDotTile tile) {
    return tile.k() == 0 || tile.blockK() < tile.k() || tile.blockK() == CpuDotTile.LONGEST_BLOCK;
  }

  @Override
  public String label(CpuDotTile tile) {
    return String.format(
        Locale.ROOT,
        "dot_f32_%s_%dx%d_panel%d%s%s_u%d_split%s",
        target.isa(),
        tile.tileM(),
        tile.tileN(),
        tile.panelBlock(),
        tile.blockK() == CpuDotTile.LONGEST_BLOCK ? "" : "_k" + tile.blockK(),
        tile.prefetch() ? "_prefetch" : "",
        tile.unroll(),
        tile.splitM() ? "m" : "n");
  }

  @Override
  public Panels tiling(CpuDotTile tile) {
    return new Panels(
        true,
        tile.tileM(),
        1,
        tile.panelBlock(),
        tile.tileN(),
        tile.splitM(),
        new Tiling.Reduction(target.lanes(), tile.blockK(), FITTED.sumVectors() * target.lanes()),
        CALL);
  }

  @Override
  public List<Feature<CpuDotTile>> features() {
    return List.of(
        new Feature<>("tileM", CpuDotTile::tileM),
        new Feature<>("tileN", CpuDotTile::tileN),
        new Feature<>("accumulators", CpuDotTile::accumulators),
        new Feature<>("loadsPerMultiplyAdd", CpuDotTile::loadsPerMultiplyAdd),
        Feature.log2("log2PanelTiles", CpuDotTile::panelTiles),
        Feature.log2("log2Depth", CpuDotTile::depth),
        new Feature<>("panelBytesPerL2", tile -> (double) tile.panelBytes() / target.l2Bytes()),
        new Feature<>(
            "panelTileBytesPerL1", tile -> 4.0 * tile.tileM() * tile.depth() / target.l1Bytes()),
        new Feature<>(
            "streamTileBytesPerL1", tile -> 4.0 * tile.tileN() * tile.depth() / target.l1Bytes()),
        Feature.flag("prefetch", CpuDotTile::prefetch),
        new Feature<>("unroll", CpuDotTile::unroll));
  }

  /** A roofline of one vector of k: as many multiply-adds as loads fit into a cycle. */
  @Override
  public MicroKernelCost prior(CpuDotTile tile) {
    double loads = tile.loadsPerMultiplyAdd();
    double latency = FITTED.latencyAccumulators() / tile.accumulators();
    double addressing = tile.unroll() == 1 ? FITTED.addressShare() : 0;
    double spilling = tile.tileBytes() > target.l1Bytes() ? FITTED.spillShare() : 0;
    double alike = tile.k() > 0 && tile.k() % SET_ELEMENTS == 0 ? FITTED.alikeShare() : 0;
    double stepFactor =
        Math.max(1, Math.max(loads, latency))
            * (1 + FITTED.loadShare() * loads + addressing + spilling + alike);
    double peakSteps = target.peakGflops() * 1e9 / 2;
    return new MicroKernelCost(stepFactor / peakSteps, FITTED.streamSeconds());
  }

  @Override
  SortedMap<String, String> constants(MicroKernel kernel) {
    CpuDotTile tile = tile(kernel);
    SortedMap<String, String> constants = new TreeMap<>();
    constants.put("TILE_M", "" + tile.tileM());
    constants.put("TILE_N", "" + tile.tileN());
    constants.put("BLOCK_M", "" + tile.panelBlock());
    constants.put("BLOCK_K", "" + tile.blockK());
    constants.put("PREFETCH", flag(tile.prefetch()));
    constants.put("UNROLL", "" + tile.unroll());
    constants.put("SPLIT_M", flag(tile.splitM()));
    return constants;
  }
}
