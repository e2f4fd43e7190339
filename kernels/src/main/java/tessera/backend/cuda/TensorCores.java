package tessera.backend.cuda;

import tessera.hardware.CudaTarget;
import tessera.workload.DataType;

/** What tensor cores can do, by data sheets. */
final class TensorCores {
  /* Multiply-adds of 16-bit elements for each float32 one of the CUDA cores: data-centre GPUs, others. */
  private static final double RATE = 16;
  private static final double SMALL_RATE = 4;

  private TensorCores() {}

  /** Multiply-adds a second of the whole device. */
  static double multiplyAdds(CudaTarget target, DataType input) {
    boolean large = target.capability() % 10 == 0;
    double wide = input == DataType.FLOAT32 ? 0.5 : 1;
    return target.peakGflops() * 1e9 / 2 * (large ? RATE : SMALL_RATE) * wide;
  }
}
