package tessera.backend.cuda.prior;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.operator.DataType;

/** What tensor cores can do beside CUDA cores. */
public final class TensorCores {
  /*
   * Multiply-adds of 16-bit elements for each float32 one: data-centre GPUs, fitted on an H200;
   * others, by data sheets.
   */
  private static final double RATE = 14.1;
  private static final double SMALL_RATE = 3.8;

  private TensorCores() {}

  /** Multiply-adds a second of a multiprocessor, of factors of such a type. */
  public static double multiplyAdds(CudaTarget target, DataType input) {
    return multiplyAdds(target, input.bytes());
  }

  /** The whole device's. */
  public static double gflops(CudaTarget target, DataType input) {
    return 2e-9 * target.multiprocessors() * multiplyAdds(target, input);
  }

  /** A multiprocessor's multiply-adds a second, of factors of 2 or 4 bytes. */
  public static double multiplyAdds(CudaTarget target, int bytes) {
    boolean large = target.capability() % 10 == 0;
    return target.multiprocessorMultiplyAdds() * (large ? RATE : SMALL_RATE) * 2 / bytes;
  }
}
