package tessera.backend.cuda;

import static org.junit.jupiter.api.Assumptions.abort;

import java.util.List;
import tessera.hardware.CudaTarget;
import tessera.workload.UserError;

/** The GPU of this machine, where there is one. */
final class RealGpu {
  private RealGpu() {}

  /** Its description; ends the test as skipped, with the reason, where there is none. */
  static CudaTarget assumed() {
    try {
      return CudaBackend.probe(List.of("CUDA_VISIBLE_DEVICES=0"), "", "test");
    } catch (UserError e) {
      return abort(e.getMessage());
    }
  }
}
