package tessera.backend.cuda.prior;

import tessera.backend.cuda.tile.Grid;
import tessera.cost.Fits;

/** The fitted constants of GPUs. Those of one model serve all: no other has a file of its own. */
public final class CudaFits {
  static final Fits H200 = Fits.read("/tessera/backend/cuda/priors/h200.json");

  /** What a launch and the beginning and end of a block cost. */
  static final Grid.Costs GRID = H200.fit("grid", Grid.Costs.class);

  /** What launches cost that turn operands into another form. */
  public static final Operands OPERANDS = H200.fit("operands", Operands.class);

  /**
   * @param padSeconds seconds of an element that is copied to where a tensor map can describe it
   * @param splitSeconds seconds of an element that is split into a pair
   */
  public record Operands(double padSeconds, double splitSeconds) {}

  private CudaFits() {}
}
