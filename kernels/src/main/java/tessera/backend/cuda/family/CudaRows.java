package tessera.backend.cuda.family;

import java.util.List;
import java.util.Locale;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.prior.CudaFits;
import tessera.backend.cuda.prior.TileCost;
import tessera.backend.cuda.tile.RowsTile;
import tessera.microkernel.Feature;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Parameter;
import tessera.workload.Workload;

/**
 * The family of {@code rows/rows.cu}: float32 on CUDA cores for many short reductions, capability
 * 8.0 and up. Operands keep their order on the way to shared memory, the reduction of a tile may be
 * sliced among a block's warps, and a thread may have any number of rows.
 */
public final class CudaRows extends TileFamily<RowsTile> {
  public static final String NAME = "cuda-rows";

  private static final int MOST_THREADS = 512;

  public CudaRows(CudaTarget target, Workload workload) {
    this(target, workload, CudaFits.H200);
  }

  /** The family with other priors. */
  public CudaRows(CudaTarget target, Workload workload, CudaFits fits) {
    super(target, workload, fits);
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
  public RowsTile tile(MicroKernel kernel) {
    return RowsTile.of(kernel, workload.operator().secondIsNk());
  }

  @Override
  public boolean isLegal(RowsTile tile) {
    return tile.isWhole()
        && target.hasAsynchronousCopies()
        && tile.threads() <= MOST_THREADS
        && tile.unroll() * tile.slices() <= tile.blockK() / RowsTile.QUAD
        && tile.pipelineFloats() >= RowsTile.QUAD * tile.threads()
        && isHeld(tile);
  }

  @Override
  public String label(RowsTile tile) {
    return String.format(
        Locale.ROOT,
        "rows_f32_%s_%dx%dx%d_t%dx%d_l%d%s_s%d_u%d_r%d",
        target.isa(),
        tile.blockM(),
        tile.blockN(),
        tile.blockK(),
        tile.threadM(),
        tile.threadN(),
        tile.lanesN(),
        tile.slices() > 1 ? "x" + tile.slices() : "",
        tile.stages(),
        tile.unroll(),
        tile.resident());
  }

  @Override
  int grain(RowsTile tile) {
    return RowsTile.QUAD;
  }

  @Override
  TileCost cost(RowsTile tile) {
    return fits.cost(target, tile);
  }

  @Override
  public List<Feature<RowsTile>> features() {
    return List.of(
        new Feature<>("tileM", RowsTile::blockM),
        new Feature<>("tileN", RowsTile::blockN),
        new Feature<>("blockK", RowsTile::blockK),
        new Feature<>("threadM", RowsTile::threadM),
        new Feature<>("threadN", RowsTile::threadN),
        new Feature<>("threads", RowsTile::threads),
        new Feature<>("lanesN", RowsTile::lanesN),
        new Feature<>("slices", RowsTile::slices),
        new Feature<>("stages", RowsTile::stages),
        new Feature<>("unroll", RowsTile::unroll),
        new Feature<>("resident", RowsTile::resident),
        new Feature<>("registers", RowsTile::registers),
        sharedBytesPerMultiprocessor(),
        new Feature<>("bytesPerMultiplyAdd", tile -> bytesPerMultiplyAdd(Float.BYTES, tile)));
  }
}
