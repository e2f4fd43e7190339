package tessera.job.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tessera.UserError;

/**
 * Bundles for a GPU against cuBLAS, cuBLASLt and Triton: {@code scripts/bench_cuda.py}, since
 * PyTorch has them all.
 */
public final class CudaBenchmark {
  private static final String SCRIPT = "bench_cuda.py";

  private final Path script;
  private final String python;

  /**
   * @param home Tessera's folder, as {@code scripts/tessera} says it; empty where nothing does
   * @param python the Python that has PyTorch; empty for the usual one
   */
  public CudaBenchmark(Optional<String> home, Optional<String> python) {
    this.script =
        home.map(folder -> Path.of(folder, "scripts", SCRIPT))
            .filter(Files::isRegularFile)
            .orElseThrow(
                () ->
                    new UserError(
                        "bench cuda needs "
                            + SCRIPT
                            + " of Tessera's folder; start it with that folder's scripts/tessera"));
    this.python = python.orElse("python3");
  }

  /**
   * Runs the script on this process's console.
   *
   * @param arguments of the script
   * @return its exit code
   */
  public int run(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(python, script.toString()));
    command.addAll(arguments);
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor();
    } catch (IOException e) {
      throw new UserError(
          "Python ("
              + python
              + ") cannot be started; install it with PyTorch, or name one that has it with PYTHON",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the benchmark ran", e);
    }
  }
}
