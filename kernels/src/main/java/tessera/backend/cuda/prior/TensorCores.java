package tessera.backend.cuda.prior;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.operator.DataType;

/** What tensor cores can do beside CUDA cores. */
public final class TensorCores {
  private static final Rates FITTED = CudaFits.FILE.fit("tensor-cores", Rates.class);

  /**
   * Multiply-adds of 16-bit elements for each of float32.
   *
   * @param rate on GPUs of data centres
   * @param smallRate on other GPUs
   */
  private record Rates(double rate, double smallRate) {}

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
    return target.multiprocessorMultiplyAdds()
        * (large ? FITTED.rate() : FITTED.smallRate())
        * 2
        / bytes;
  }
}
