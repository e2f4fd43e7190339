package tessera.backend.cuda.measure;

import java.io.IOException;
import java.nio.file.Path;
import tessera.UserError;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFault;
import tessera.worker.Worker;

/** The measuring process of the CUDA backend; it sees one GPU. */
public final class CudaWorker {
  private CudaWorker() {}

  /**
   * @param arguments the compiled helpers, and the library that launches micro-kernels
   */
  public static void main(String[] arguments) throws IOException {
    try {
      CudaDevice device = CudaDevice.open();
      Worker.serve(new CudaRunner(device, Path.of(arguments[0]), Path.of(arguments[1])));
    } catch (CudaFault | UserError e) {
      // the parent shows this line as the outcome of what it had asked for
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}
