package tessera.backend.cpu;

import java.io.IOException;
import java.nio.file.Path;
import tessera.worker.Worker;

/** The measuring process of the CPU backend. */
final class CpuWorker {
  private CpuWorker() {}

  /**
   * @param arguments the compiled harness
   */
  public static void main(String[] arguments) throws IOException {
    Worker.serve(new CpuHarness(Path.of(arguments[0])));
  }
}
