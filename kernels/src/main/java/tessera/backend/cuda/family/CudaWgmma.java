package tessera.backend.cuda.family;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.prior.CudaFits;
import tessera.backend.cuda.prior.TensorCores;
import tessera.backend.cuda.prior.TileCost;
import tessera.backend.cuda.tile.Grid;
import tessera.backend.cuda.tile.WgmmaTile;
import tessera.microkernel.Feature;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Parameter;
import tessera.workload.Workload;

/**
 * The family of {@code wgmma/wgmma.cu}: float16, bfloat16 and tf32 by warpgroups, fetched through
 * tensor maps, capability 9.0 alone. Each tile goes to a block, to the blocks of a cluster (split-K
 * or multicast), or, with others, to a persistent block, whose warpgroups are cooperative or
 * ping-pong.
 */
public class CudaWgmma extends TileFamily<WgmmaTile> {
  public static final String NAME = "cuda-wgmma";

  /** The most lines of a TMA box. */
  private static final int MOST_ROWS = 256;

  /** Columns of an instruction of three warpgroups: ptxas 13.0 refuses more with 128 registers. */
  private static final int WIDEST_OF_THREE = 200;

  public CudaWgmma(CudaTarget target, Workload workload) {
    this(target, workload, CudaFits.H200);
  }

  /** The family with other priors. */
  public CudaWgmma(CudaTarget target, Workload workload, CudaFits fits) {
    super(target, workload, fits);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public final String template() {
    return "wgmma/wgmma.cu";
  }

  @Override
  public final boolean isPortable() {
    return false;
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter("swap", List.of(0, 1)),
        new Parameter("persistent", List.of(0, 1)),
        new Parameter("pingpong", List.of(0, 1)),
        new Parameter("warpgroups", List.of(1, 2, 3)),
        new Parameter("repeat", List.of(1, 2)),
        new Parameter("width", IntStream.rangeClosed(1, 32).mapToObj(i -> 8 * i).toList()),
        new Parameter("stages", List.of(2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16)),
        new Parameter("cluster", List.of(1, 2, 4, 8)),
        new Parameter("multicast", List.of(1, 4, 8)),
        new Parameter("groupM", List.of(1, 8)));
  }

  @Override
  public final WgmmaTile tile(MicroKernel kernel) {
    return WgmmaTile.of(kernel, operands(), occupancy());
  }

  /** What the operands of the workload are made of. */
  WgmmaTile.Operands operands() {
    return new WgmmaTile.Operands(
        workload.numerics().input().bytes(),
        workload.numerics().output().bytes(),
        !workload.operator().secondIsNk(),
        false);
  }

  @Override
  public boolean isLegal(WgmmaTile tile) {
    boolean pingpong = !tile.pingpong() || (tile.warpgroups() > 1 && tile.persistent());
    return pingpong
        && (!tile.persistent() || tile.cluster() == 1)
        && hasWholeLines(tile)
        && (tile.multicast() == 1 || isMulticast(tile))
        && tile.rows() <= MOST_ROWS
        && tile.cluster() <= tile.vectors()
        && tile.registers() <= tile.mostRegisters()
        && (tile.warpgroups() < 3 || tile.width() <= WIDEST_OF_THREE)
        && tile.sharedBytes() <= target.sharedBytesPerBlock()
        && tile.resident() > 0;
  }

  /**
   * Whether a tile is made of whole lines: where the second operand is [k, n], its lines in shared
   * memory have 64 columns. Rows of the instruction are as many anyhow.
   */
  private static boolean hasWholeLines(WgmmaTile tile) {
    return !tile.operands().linesOfK()
        || tile.swap()
        || tile.width() % WgmmaTile.INSTRUCTION_ROWS == 0;
  }

  /**
   * Whether blocks of a cluster can fetch for each other: not where they split a reduction or have
   * several tiles, and not lines of k.
   */
  private static boolean isMulticast(WgmmaTile tile) {
    int blocksOfB = tile.swap() ? tile.across() : tile.along();
    return tile.cluster() == 1
        && !tile.persistent()
        && (!tile.operands().linesOfK() || blocksOfB == 1);
  }

  @Override
  public String label(WgmmaTile tile) {
    return String.format(
        Locale.ROOT,
        "wgmma_%s_%s_%dx%d%s%s_w%dx%d_s%d%s%s_g%d",
        workload.numerics().label(),
        target.isa(),
        tile.blockM(),
        tile.blockN(),
        tile.swap() ? "_swap" : "",
        tile.pingpong() ? "_pingpong" : tile.persistent() ? "_persistent" : "",
        tile.warpgroups(),
        tile.repeat(),
        tile.stages(),
        tile.cluster() > 1 ? "_cluster" + tile.cluster() : "",
        tile.multicast() > 1 ? "_multicast" + tile.multicast() : "",
        tile.groupM());
  }

  @Override
  public Grid tiling(WgmmaTile tile) {
    return isMapped(workload) ? grid(tile) : grid(tile).converting(CudaFits.OPERANDS.padSeconds());
  }

  final Grid grid(WgmmaTile tile) {
    return super.tiling(tile)
        .multicast(
            tile.swap() ? tile.across() : tile.along(),
            tile.swap() ? tile.along() : tile.across(),
            target.multiprocessors(tile.cluster() * tile.multicast()));
  }

  /** Warpgroups may have the registers of another one, so that only the tile knows. */
  @Override
  final int resident(WgmmaTile tile) {
    return tile.resident();
  }

  @Override
  final Grid.Schedule schedule(WgmmaTile tile) {
    if (tile.pingpong()) {
      return Grid.Schedule.PING_PONG;
    }
    return tile.persistent() ? Grid.Schedule.PERSISTENT : Grid.Schedule.WAVES;
  }

  /** Seconds of a stage's multiply-adds for an output element, with the whole SM. */
  double stageSeconds(WgmmaTile tile) {
    return tile.blockK() / TensorCores.multiplyAdds(target, workload.numerics().input());
  }

  @Override
  final TileCost cost(WgmmaTile tile) {
    return fits.cost(tile, stageSeconds(tile));
  }

  @Override
  public Launch launch(MicroKernel kernel) {
    WgmmaTile tile = tile(kernel);
    return super.launch(kernel).withBoxes(tile.boxLinesOfA(), tile.boxLinesOfB());
  }

  @Override
  public final List<Feature<WgmmaTile>> features() {
    return List.of(
        new Feature<>("tileM", WgmmaTile::blockM),
        new Feature<>("tileN", WgmmaTile::blockN),
        Feature.flag("swap", WgmmaTile::swap),
        Feature.flag("persistent", WgmmaTile::persistent),
        Feature.flag("pingpong", WgmmaTile::pingpong),
        new Feature<>("width", WgmmaTile::width),
        new Feature<>("threads", WgmmaTile::threads),
        new Feature<>("stages", WgmmaTile::stages),
        new Feature<>("cluster", WgmmaTile::cluster),
        new Feature<>("multicast", WgmmaTile::multicast),
        Feature.log2("log2GroupM", WgmmaTile::groupM),
        new Feature<>("resident", WgmmaTile::resident),
        new Feature<>("registers", WgmmaTile::registers),
        sharedBytesPerMultiprocessor(),
        new Feature<>(
            "bytesPerMultiplyAdd",
            tile -> tile.operands().elementBytes() * tile.lines() / tile.area()),
        new Feature<>("bytesUnderWay", WgmmaTile::bytesUnderWay));
  }

  @Override
  public final SortedMap<String, String> constants(MicroKernel kernel) {
    WgmmaTile tile = tile(kernel);
    SortedMap<String, String> constants = new TreeMap<>();
    constants.put("PAIRS", flag(tile.operands().pairs()));
    constants.put("SWAP", flag(tile.swap()));
    constants.put("PERSISTENT", flag(tile.persistent()));
    constants.put("PINGPONG", flag(tile.pingpong()));
    constants.put("WIDE", flag(tile.isWide()));
    constants.put("WARPGROUPS", "" + tile.warpgroups());
    constants.put("REPEAT", "" + tile.repeat());
    constants.put("WIDTH", "" + tile.width());
    constants.put("GROUPS", "" + tile.width() / 8);
    constants.put("STAGES", "" + tile.stages());
    constants.put("CLUSTER", "" + tile.cluster());
    constants.put("CLUSTER_ALONG", "" + tile.along());
    constants.put("CLUSTER_ACROSS", "" + tile.across());
    constants.put("GROUP_M", "" + tile.groupM());
    constants.put("RESIDENT", "" + tile.resident());
    return constants;
  }

  private static String flag(boolean value) {
    return value ? "1" : "0";
  }
}
