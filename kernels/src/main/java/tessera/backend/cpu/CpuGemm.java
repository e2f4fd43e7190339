package tessera.backend.cpu;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tessera.microkernel.Feature;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Panels;
import tessera.microkernel.Parameter;
import tessera.microkernel.Tiling;
import tessera.microkernel.TypedFamily;
import tessera.operator.Axis;
import tessera.operator.Rounding;
import tessera.workload.Preparation;
import tessera.workload.Workload;

/** The family of {@code gemm.c}: matrix multiplication in C with vector extensions. */
public final class CpuGemm extends CpuFamily implements TypedFamily<CpuGemmTile> {
  static final String NAME = "cpu-gemm";

  private static final Fitted FITTED = FITS.fit("gemm", Fitted.class);

  /**
   * What is known of the tiles of {@code gemm.c} before anything is measured.
   *
   * @param packSeconds seconds of a packed element
   * @param preparedSeconds seconds of an element of prepared weights
   * @param waitingFactor by which an element takes longer where weights are not prefetched
   * @param narrowFactor by which an element takes longer where a tile is narrower than a panel
   * @param packScalarSeconds seconds that an element takes beside these where the scalar's operand
   *     is packed
   * @param tileOverheadSteps reduction steps that the beginning and end of a tile cost
   * @param leastVectors vectors of sums that a tile takes the time of at least: the template gives
   *     tiles of few sums twice as many
   * @param loadShare share of a load that multiply-adds do not hide
   */
  record Fitted(
      double packSeconds,
      double preparedSeconds,
      double waitingFactor,
      double narrowFactor,
      double packScalarSeconds,
      int tileOverheadSteps,
      double leastVectors,
      double loadShare) {}

  /** The reduction steps that a panel may have at most. */
  private static final List<Integer> DEPTHS =
      List.of(128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096);

  /** Of a cache line, as TESSERA_LINE_ELEMENTS in gemm.h. */
  private static final int LINE_ELEMENTS = 16;

  public CpuGemm(CpuTarget target, Workload workload) {
    super(target, workload);
  }

  /** Bytes of the panels that some micro-kernels read, as in prepare.h; 0 where none does. */
  static long preparedBytes(CpuTarget target, Workload workload, List<MicroKernel> kernels) {
    if (kernels.stream().noneMatch(CpuGemmTile::readsPrepared)) {
      return 0;
    }
    long panels =
        workload.staticExtent(Axis.BATCH)
            * Rounding.divideUp(workload.staticExtent(Axis.N), target.panelColumns());
    long elements = panels * workload.staticExtent(Axis.K) * target.panelColumns();
    return Float.BYTES * Rounding.divideUp(elements, LINE_ELEMENTS) * LINE_ELEMENTS;
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
    return workload.prepares()
        ? Stream.concat(
                parameters(List.of(0), v -> target.panelVectors() % v == 0),
                Stream.of(new Parameter(CpuGemmTile.PREPARED, List.of(1))))
            .toList()
        : parameters(List.of(0, 1), v -> true).toList();
  }

  /** Where a bundle serves both forms of weights, those for prepared ones can be looked at too. */
  @Override
  public boolean covers(MicroKernel kernel) {
    return workload.preparesToo() && CpuGemmTile.readsPrepared(kernel)
        ? new CpuGemm(target, workload.preparing(Preparation.ONLY)).covers(kernel)
        : TypedFamily.super.covers(kernel);
  }

  /**
   * @param choices values of vectorOverM and packVector; 0 alone for prepared weights, whose
   *     vectors lie along n and which no call packs
   * @param widths the vectors that a tile may have
   */
  private static Stream<Parameter> parameters(List<Integer> choices, IntPredicate widths) {
    return Stream.of(
        new Parameter("vectorOverM", choices),
        new Parameter("tileVectors", IntStream.rangeClosed(1, 6).filter(widths).boxed().toList()),
        new Parameter("tileScalars", List.of(1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16)),
        new Parameter("panelTiles", List.of(1, 2, 3, 4, 6, 8, 12, 16)),
        new Parameter("streamTiles", List.of(4, 8, 16, 32, 64, 256, 1024)),
        new Parameter("blockK", DEPTHS),
        new Parameter("packVector", choices),
        new Parameter("packScalar", List.of(0, 1)),
        new Parameter("prefetch", List.of(0, 1)),
        new Parameter("unroll", List.of(1, 2, 4)),
        new Parameter("scalarInner", List.of(0, 1)),
        new Parameter("splitM", List.of(0, 1)));
  }

  @Override
  public CpuGemmTile tile(MicroKernel kernel) {
    return CpuGemmTile.of(kernel, target.lanes(), workload.staticExtent(Axis.K));
  }

  @Override
  public boolean isLegal(CpuGemmTile tile) {
    boolean panelFits =
        tile.panelBytes() <= target.l2Bytes() * 3 / 4 || tile.prepared() && tile.panelTiles() == 1;
    boolean streamFits = !tile.packScalar() || tile.streamBytes() <= target.l3Bytes() / 2;
    // reading the vector operand in place is a choice only where it is contiguous along the vector
    boolean packs =
        tile.packVector()
            || tile.prepared()
            || (!tile.vectorOverM() && !workload.operator().secondIsNk());
    return tile.registers() <= target.registers()
        && panelFits
        && !(tile.prepared() && (tile.vectorOverM() || tile.packVector()))
        && !(tile.prepared() && target.panelVectors() % tile.tileVectors() != 0)
        && streamFits
        && packs
        && tile.accumulators() >= LEAST_ACCUMULATORS
        && depthIsNeeded(tile);
  }

  /**
   * Whether a smaller blockK would not do: of several that all hold a fixed k whole, only the
   * smallest is kept, since the code would be the same.
   */
  private static boolean depthIsNeeded(CpuGemmTile tile) {
    return tile.k() == 0
        || tile.blockK() <= tile.k()
        || DEPTHS.stream().noneMatch(depth -> depth >= tile.k() && depth < tile.blockK());
  }

  @Override
  public String label(CpuGemmTile tile) {
    return String.format(
        Locale.ROOT,
        "gemm_f32_%s_%s_%dx%d_panel%d_stream%d_k%d%s%s%s%s_u%d_%s_split%s",
        target.isa(),
        tile.vectorOverM() ? "m" : "n",
        tile.tileVectors(),
        tile.tileScalars(),
        tile.panelBlock(),
        tile.streamBlock(),
        tile.blockK(),
        tile.packVector() || tile.prepared() ? "" : "_inplace",
        tile.prepared() ? "_prepared" : "",
        tile.packScalar() ? "_packed" : "",
        tile.prefetch() ? "_prefetch" : "",
        tile.unroll(),
        tile.scalarInner() ? "sv" : "vs",
        tile.splitM() ? "m" : "n");
  }

  @Override
  public Panels tiling(CpuGemmTile tile) {
    return new Panels(
        tile.vectorOverM(),
        tile.tileVectors() * target.lanes(),
        target.lanes(),
        tile.panelBlock(),
        tile.tileScalars(),
        tile.leastScalars(FITTED.leastVectors()),
        tile.splitM(),
        new Tiling.Reduction(1, tile.blockK(), FITTED.tileOverheadSteps()),
        CALL);
  }

  @Override
  public List<Feature<CpuGemmTile>> features() {
    return List.of(
        Feature.flag("vectorOverM", CpuGemmTile::vectorOverM),
        new Feature<>("tileVectors", CpuGemmTile::tileVectors),
        new Feature<>("tileScalars", CpuGemmTile::tileScalars),
        new Feature<>("accumulators", CpuGemmTile::accumulators),
        new Feature<>("loadsPerMultiplyAdd", CpuGemmTile::loadsPerMultiplyAdd),
        Feature.log2("log2PanelTiles", CpuGemmTile::panelTiles),
        Feature.log2("log2StreamElements", CpuGemmTile::streamBlock),
        Feature.log2("log2Depth", CpuGemmTile::depth),
        new Feature<>("panelBytesPerL2", tile -> (double) tile.panelBytes() / target.l2Bytes()),
        new Feature<>(
            "panelTileBytesPerL1", tile -> (double) tile.panelTileBytes() / target.l1Bytes()),
        new Feature<>(
            "streamTileBytesPerL1", tile -> (double) tile.streamTileBytes() / target.l1Bytes()),
        Feature.flag("packVector", CpuGemmTile::packVector),
        Feature.flag("packScalar", CpuGemmTile::packScalar),
        Feature.flag("prefetch", CpuGemmTile::prefetch),
        new Feature<>("unroll", CpuGemmTile::unroll),
        Feature.flag("scalarInner", CpuGemmTile::scalarInner));
  }

  /** Multiply-adds, and the share of two loads a cycle that they do not hide. */
  @Override
  public MicroKernelCost prior(CpuGemmTile tile) {
    double stepFactor = 1 + FITTED.loadShare() * tile.loadsPerMultiplyAdd() / 2;
    double peakSteps = target.peakGflops() * 1e9 / 2;
    double vector = tile.prepared() ? preparedSeconds(tile) : FITTED.packSeconds();
    double element = vector + (tile.packScalar() ? FITTED.packScalarSeconds() : 0);
    return new MicroKernelCost(stepFactor / peakSteps, element);
  }

  private double preparedSeconds(CpuGemmTile tile) {
    return FITTED.preparedSeconds()
        * (tile.prefetch() ? 1 : FITTED.waitingFactor())
        * (tile.tileVectors() < target.panelVectors() ? FITTED.narrowFactor() : 1);
  }

  @Override
  SortedMap<String, String> constants(MicroKernel kernel) {
    CpuGemmTile tile = tile(kernel);
    SortedMap<String, String> constants = new TreeMap<>();
    constants.put("VECTOR_OVER_M", flag(tile.vectorOverM()));
    constants.put("TILE_VECTORS", "" + tile.tileVectors());
    constants.put("TILE_SCALARS", "" + tile.tileScalars());
    constants.put("BLOCK_VECTOR", "" + tile.panelBlock());
    constants.put("BLOCK_SCALAR", "" + tile.streamBlock());
    constants.put("BLOCK_K", "" + tile.blockK());
    constants.put("PACK_VECTOR", flag(tile.packVector()));
    constants.put("PACK_SCALAR", flag(tile.packScalar()));
    constants.put("PREPARED", flag(tile.prepared()));
    constants.put("PANEL_VECTORS", "" + target.panelVectors());
    constants.put("PREFETCH", flag(tile.prefetch()));
    constants.put("UNROLL", "" + tile.unroll());
    constants.put("SCALAR_INNER", flag(tile.scalarInner()));
    constants.put("SPLIT_M", flag(tile.splitM()));
    return constants;
  }
}
