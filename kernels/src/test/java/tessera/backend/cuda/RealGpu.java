package tessera.backend.cuda;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import tessera.compile.Subprocess;
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

  /** Whether a program is there. */
  static boolean canRun(String program) {
    try {
      return Subprocess.run(List.of(program, "--version"), Path.of("."), Duration.ofSeconds(20))
              .exitCode()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
