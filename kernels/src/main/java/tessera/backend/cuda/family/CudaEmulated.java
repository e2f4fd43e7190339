package tessera.backend.cuda.family;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.prior.CudaFits;
import tessera.backend.cuda.prior.TensorCores;
import tessera.backend.cuda.tile.Grid;
import tessera.backend.cuda.tile.WgmmaTile;
import tessera.microkernel.MicroKernel;
import tessera.operator.DataType;
import tessera.workload.Workload;

/**
 * The family of {@code wgmma/wgmma.cu} for float32 operands that a launch before has split into
 * pairs of float16: three products of tensor cores for each of float32, a stage's sums added up in
 * float32. Any alignment is alike, and no block has several tiles.
 */
public final class CudaEmulated extends CudaWgmma {
  public static final String NAME = "cuda-emulated";

  /** Bytes of a pair of float16. */
  private static final int PAIR_BYTES = 4;

  /** Products of tensor cores for each product of float32. */
  private static final int PRODUCTS = 3;

  public CudaEmulated(CudaTarget target, Workload workload) {
    this(target, workload, CudaFits.H200);
  }

  /** The family with other priors. */
  public CudaEmulated(CudaTarget target, Workload workload, CudaFits fits) {
    super(target, workload, fits);
  }

  static double peakGflops(CudaTarget target) {
    return TensorCores.gflops(target, DataType.FLOAT16) / PRODUCTS;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  WgmmaTile.Operands operands() {
    int outputBytes = workload.numerics().output().bytes();
    return new WgmmaTile.Operands(PAIR_BYTES, outputBytes, false, true);
  }

  @Override
  public boolean isLegal(WgmmaTile tile) {
    return !tile.persistent() && super.isLegal(tile);
  }

  @Override
  double stageSeconds(WgmmaTile tile) {
    double speed = TensorCores.multiplyAdds(target, PAIR_BYTES / 2);
    return PRODUCTS * tile.blockK() / speed;
  }

  @Override
  public Grid tiling(WgmmaTile tile) {
    return grid(tile).converting(CudaFits.OPERANDS.splitSeconds());
  }

  @Override
  public Launch launch(MicroKernel kernel) {
    return super.launch(kernel).ofPairs();
  }
}
