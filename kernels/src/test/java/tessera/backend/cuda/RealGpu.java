package tessera.backend.cuda;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import tessera.UserError;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.compile.Subprocess;

/** The GPU of this machine, where there is one. */
public final class RealGpu {
  private RealGpu() {}

  /** Whether there is one that can be used. */
  static boolean isThere() {
    try {
      target();
      return true;
    } catch (UserError e) {
      return false;
    }
  }

  /**
   * The first that this process may use.
   *
   * @throws UserError where there is none
   */
  static CudaTarget target() {
    return CudaProcess.probe(Gpus.environment(Gpus.addresses().get(0)), "", "test").target();
  }

  /** Whether a program is there. */
  public static boolean canRun(String program) {
    try {
      return Subprocess.run(List.of(program, "--version"), Path.of("."), Duration.ofSeconds(20))
              .exitCode()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
