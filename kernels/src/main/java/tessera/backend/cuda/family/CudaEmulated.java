package tessera.backend.cuda.family;

import java.util.SortedMap;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.driver.TensorMap;
import tessera.microkernel.Grid;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Tiling;
import tessera.operator.DataType;
import tessera.operator.GemmShape;
import tessera.workload.Workload;

/**
 * The family of {@code wgmma/wgmma.cu} for float32 operands that a launch before has split into
 * pairs of float16: three products of tensor cores for each of float32, a stage's sums added up in
 * float32. Any alignment is alike, and tiles are not taken in turn.
 */
public final class CudaEmulated extends CudaWgmma {
  public static final String NAME = "cuda-emulated";

  /** A pair of float16. */
  private static final int PAIR_BYTES = 4;

  private static final int PRODUCTS = 3;

  /** For addresses, counters and scales; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 26;

  /** To split an element of an operand. */
  private static final double SPLIT_SECONDS = 3.7e-12;

  public CudaEmulated(CudaTarget target, Workload workload) {
    super(target, workload);
  }

  static double peakGflops(CudaTarget target) {
    return TensorCores.gflops(target, DataType.FLOAT16) / PRODUCTS;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean isLegal(MicroKernel kernel) {
    return !isPersistent(kernel) && super.isLegal(kernel);
  }

  @Override
  boolean hasLinesOfK() {
    return false;
  }

  @Override
  int blockK() {
    return TensorMap.LINE_BYTES / PAIR_BYTES;
  }

  @Override
  boolean canBeWide(MicroKernel kernel) {
    return false;
  }

  /** A stage has sums of its own. */
  @Override
  int registers(MicroKernel kernel) {
    return 2 * sums(kernel) + OTHER_REGISTERS;
  }

  @Override
  double stageSeconds() {
    double speed = TensorCores.multiplyAdds(target, PAIR_BYTES / 2);
    return PRODUCTS * blockK() / speed;
  }

  @Override
  WgmmaPrior fitted() {
    return WgmmaPrior.OF_PAIRS;
  }

  @Override
  public Tiling tiling(MicroKernel kernel) {
    return ((Grid) super.tiling(kernel)).converting(SPLIT_SECONDS);
  }

  @Override
  public Launch launch(MicroKernel kernel, GemmShape shape) {
    return super.launch(kernel, shape).ofPairs();
  }

  @Override
  public SortedMap<String, String> constants(MicroKernel kernel) {
    SortedMap<String, String> constants = super.constants(kernel);
    constants.put("PAIRS", "1");
    return constants;
  }
}
