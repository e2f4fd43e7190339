package tessera.backend.cuda.family;

import java.util.List;
import java.util.Locale;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.prior.CudaFits;
import tessera.backend.cuda.prior.TileCost;
import tessera.backend.cuda.tile.SimtTile;
import tessera.microkernel.Feature;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Parameter;
import tessera.workload.Workload;

/**
 * The family of {@code simt/simt.cu}: float32 on CUDA cores, capability 7.0 and up. Tiles are
 * divided among blocks whole, by stream-K, or, from capability 9.0 on, by split-K: each among the
 * blocks of a cluster; without one, the reduction may be sliced among a block's warps.
 */
public final class CudaSimt extends TileFamily<SimtTile> {
  public static final String NAME = "cuda-simt";

  /** Multiply-adds that are unrolled in one step; more make ptxas slow and spill. */
  private static final int MOST_UNROLLED = 2048;

  private static final int MOST_THREADS = 512;

  public CudaSimt(CudaTarget target, Workload workload) {
    this(target, workload, CudaFits.H200);
  }

  /** The family with other priors. */
  public CudaSimt(CudaTarget target, Workload workload, CudaFits fits) {
    super(target, workload, fits);
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
        new Parameter("streamK", List.of(0, 1)),
        new Parameter("groupM", List.of(1, 8)),
        new Parameter("order", List.of(0, 1)),
        new Parameter("resident", List.of(1, 2, 3, 4, 6)));
  }

  @Override
  public SimtTile tile(MicroKernel kernel) {
    return SimtTile.of(kernel);
  }

  @Override
  public boolean isLegal(SimtTile tile) {
    boolean splits = tile.cluster() == 1 || (target.hasClusters() && !tile.streamK());
    boolean slices =
        tile.slices() == 1
            || (tile.cluster() == 1 && tile.blockK() / tile.slices() % SimtTile.QUAD == 0);
    boolean copies = target.hasAsynchronousCopies() && !workload.operator().secondIsNk();
    return tile.isWhole()
        && splits
        && slices
        && (!tile.isCopied() || copies)
        && tile.threads() <= MOST_THREADS
        && tile.unrolled() <= MOST_UNROLLED
        && isHeld(tile);
  }

  @Override
  public String label(SimtTile tile) {
    return String.format(
        Locale.ROOT,
        "simt_f32_%s_%dx%dx%d_t%dx%d_l%d%s_s%d%s_g%d_r%d_o%d",
        target.isa(),
        tile.blockM(),
        tile.blockN(),
        tile.blockK(),
        tile.threadM(),
        tile.threadN(),
        tile.lanesN(),
        tile.slices() > 1 ? "x" + tile.slices() : "",
        tile.stages(),
        divided(tile.streamK(), tile.cluster()),
        tile.groupM(),
        tile.resident(),
        tile.order());
  }

  @Override
  TileCost cost(SimtTile tile) {
    return fits.cost(target, tile);
  }

  @Override
  public List<Feature<SimtTile>> features() {
    return List.of(
        new Feature<>("tileM", SimtTile::blockM),
        new Feature<>("tileN", SimtTile::blockN),
        new Feature<>("blockK", SimtTile::blockK),
        new Feature<>("threadM", SimtTile::threadM),
        new Feature<>("threadN", SimtTile::threadN),
        new Feature<>("threads", SimtTile::threads),
        new Feature<>("lanesN", SimtTile::lanesN),
        new Feature<>("slices", SimtTile::slices),
        new Feature<>("stages", SimtTile::stages),
        new Feature<>("cluster", SimtTile::cluster),
        Feature.flag("streamK", SimtTile::streamK),
        Feature.log2("log2GroupM", SimtTile::groupM),
        new Feature<>("order", SimtTile::order),
        new Feature<>("resident", SimtTile::resident),
        new Feature<>("registers", SimtTile::registers),
        sharedBytesPerMultiprocessor(),
        new Feature<>("bytesPerMultiplyAdd", tile -> bytesPerMultiplyAdd(Float.BYTES, tile)));
  }
}
