package tessera.backend.cuda.measure;

import java.io.IOException;
import java.nio.file.Path;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFault;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.worker.Worker;

/** The measuring process of the CUDA backend; it sees one GPU. */
public final class CudaWorker {
  private CudaWorker() {}

  /**
   * @param arguments the compiled helpers and the compiler's version
   */
  public static void main(String[] arguments) throws IOException {
    try {
      CudaDevice device = CudaDevice.open();
      CudaTarget target = device.describe(arguments[1], 0, 1);
      Worker.serve(new CudaRunner(device, target, Path.of(arguments[0])));
    } catch (CudaFault e) {
      // the parent shows this line as the outcome of what it had asked for
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}
