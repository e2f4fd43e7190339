package tessera.backend.cuda.family;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.prior.CudaFits;
import tessera.backend.cuda.prior.TileCost;
import tessera.backend.cuda.tile.CudaTile;
import tessera.backend.cuda.tile.Grid;
import tessera.microkernel.Feature;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.TypedFamily;
import tessera.workload.Workload;

/**
 * A family that computes everything from the record of a tile: its grid and its price follow from
 * what the tile costs and how many blocks an SM holds.
 *
 * @param <T> the record of the family's parameters
 */
abstract class TileFamily<T extends CudaTile> extends CudaFamily implements TypedFamily<T> {
  TileFamily(CudaTarget target, Workload workload, CudaFits fits) {
    super(target, workload, fits);
  }

  /** What a tile should cost before anything is measured. */
  abstract TileCost cost(T tile);

  /**
   * Blocks per SM: those of stream-K are launched. Others come as they fit, and at least those that
   * ptxas is asked for do.
   */
  int resident(T tile) {
    return tile.streamK()
        ? tile.resident()
        : Math.max(tile.resident(), occupancy().blocksPerSm(tile));
  }

  /** Whether one block fits, and an SM may hold as many as ptxas is asked for. */
  final boolean isHeld(T tile) {
    return occupancy().fits(tile) && occupancy().mayHold(tile.resident(), tile);
  }

  /** The share of an SM's shared memory that a tile's blocks take. */
  final Feature<T> sharedBytesPerMultiprocessor() {
    return new Feature<>(
        "sharedBytesPerMultiprocessor", tile -> occupancy().sharedShare(tile.resident(), tile));
  }

  /** Which tiles a block computes. */
  Grid.Schedule schedule(T tile) {
    return tile.streamK() ? Grid.Schedule.STREAM_K : Grid.Schedule.WAVES;
  }

  /** Up to a multiple of this a reduction is multiplied: whole stages. */
  int grain(T tile) {
    return tile.blockK();
  }

  @Override
  public Grid tiling(T tile) {
    return cost(tile).grid(tile, grain(tile), target, resident(tile), schedule(tile));
  }

  @Override
  public MicroKernelCost prior(T tile) {
    return cost(tile).prior(resident(tile), tile.multiplyAdds());
  }

  @Override
  public Launch launch(MicroKernel kernel) {
    T tile = tile(kernel);
    return new Launch(tile.threads(), tile.sharedBytes());
  }
}
