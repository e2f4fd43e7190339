package tessera.backend.cuda.family;

import java.util.List;
import java.util.Locale;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.prior.CudaFits;
import tessera.backend.cuda.prior.TileCost;
import tessera.backend.cuda.tile.MmaTile;
import tessera.microkernel.Feature;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Parameter;
import tessera.workload.Workload;

/**
 * The family of {@code mma/mma.cu}: float16, bfloat16 and tf32 on tensor cores by mma.sync,
 * capability 8.0 and up. Tiles are divided among blocks as those of {@link CudaSimt}.
 */
public final class CudaMma extends TileFamily<MmaTile> {
  public static final String NAME = "cuda-mma";

  public CudaMma(CudaTarget target, Workload workload) {
    this(target, workload, CudaFits.H200);
  }

  /** The family with other priors. */
  public CudaMma(CudaTarget target, Workload workload, CudaFits fits) {
    super(target, workload, fits);
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
        new Parameter("streamK", List.of(0, 1)),
        new Parameter("groupM", List.of(1, 8)),
        new Parameter("resident", List.of(1, 2, 3, 4, 6)));
  }

  @Override
  public MmaTile tile(MicroKernel kernel) {
    return MmaTile.of(kernel, workload.numerics());
  }

  @Override
  public boolean isLegal(MmaTile tile) {
    boolean lines = workload.operator().secondIsNk() || tile.fillsBanks();
    boolean splits =
        tile.cluster() == 1
            || (target.hasClusters() && !tile.streamK() && tile.cluster() <= tile.vectors());
    return tile.isWhole() && lines && splits && isHeld(tile);
  }

  @Override
  public String label(MmaTile tile) {
    return String.format(
        Locale.ROOT,
        "mma_%s_%s_%dx%dx%d_w%dx%d_s%d%s_g%d_r%d",
        workload.numerics().label(),
        target.isa(),
        tile.blockM(),
        tile.blockN(),
        tile.blockK(),
        tile.warpsM(),
        tile.warpsN(),
        tile.stages(),
        divided(tile.streamK(), tile.cluster()),
        tile.groupM(),
        tile.resident());
  }

  @Override
  TileCost cost(MmaTile tile) {
    return fits.cost(target, tile);
  }

  @Override
  public List<Feature<MmaTile>> features() {
    return List.of(
        new Feature<>("tileM", MmaTile::blockM),
        new Feature<>("tileN", MmaTile::blockN),
        new Feature<>("blockK", MmaTile::blockK),
        new Feature<>("warpM", MmaTile::warpM),
        new Feature<>("warpN", MmaTile::warpN),
        new Feature<>("threads", MmaTile::threads),
        new Feature<>("stages", MmaTile::stages),
        new Feature<>("cluster", MmaTile::cluster),
        Feature.flag("streamK", MmaTile::streamK),
        Feature.log2("log2GroupM", MmaTile::groupM),
        new Feature<>("resident", MmaTile::resident),
        new Feature<>("registers", MmaTile::registers),
        sharedBytesPerMultiprocessor(),
        new Feature<>("bytesPerMultiplyAdd", tile -> bytesPerMultiplyAdd(tile.inputBytes(), tile)));
  }
}
