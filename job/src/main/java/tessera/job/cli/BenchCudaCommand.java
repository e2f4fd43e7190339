package tessera.job.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;
import tessera.UserError;
import tessera.job.bench.CudaBenchmark;

@Command(
    name = "cuda",
    description =
        "Compares bundles for a GPU with cuBLAS, cuBLASLt and Triton, by PyTorch (PYTHON names a Python that has it). "
            + "Its options are its own: tessera bench cuda --help lists them.")
final class BenchCudaCommand implements Callable<Integer> {
  @Unmatched private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() {
    boolean complete =
        arguments.stream()
            .anyMatch(a -> a.startsWith("--bundle") || a.equals("--help") || a.equals("-h"));
    if (!complete) {
      throw new UserError("bench cuda has no bundle to measure; give one with --bundle DIR");
    }
    Optional<String> home = Optional.ofNullable(System.getenv("TESSERA_HOME"));
    Optional<String> python = Optional.ofNullable(System.getenv("PYTHON"));
    return new CudaBenchmark(home, python).run(arguments);
  }
}
