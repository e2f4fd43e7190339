package tessera.job.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;
import tessera.UserError;
import tessera.job.bench.CudaBenchmark;
import tessera.job.cli.options.TrustOption;
import tessera.runtime.Bundle;
import tessera.runtime.BundleCopy;
import tessera.storage.Place;

@Command(
    name = "cuda",
    description =
        "Compares bundles for a GPU with cuBLAS, cuBLASLt and Triton, by PyTorch (PYTHON names a Python that has it). "
            + "Its other options are its own: tessera bench cuda --help lists them.")
final class BenchCudaCommand implements Callable<Integer> {
  private static final List<String> HELP = List.of("--help", "-h");

  @Option(
      names = "--bundle",
      paramLabel = "DIR",
      description = "A bundle's folder, a path or a URI; may be repeated.")
  private List<Place> bundles = new ArrayList<>();

  @Mixin private TrustOption trust;

  @Unmatched private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() {
    if (bundles.isEmpty() && arguments.stream().noneMatch(HELP::contains)) {
      throw new UserError("bench cuda has no bundle to measure; give one with --bundle DIR");
    }
    Optional<String> home = Optional.ofNullable(System.getenv("TESSERA_HOME"));
    Optional<String> python = Optional.ofNullable(System.getenv("PYTHON"));
    return run(new CudaBenchmark(home, python));
  }

  /** On bundles that were checked: Python runs code of theirs. */
  int run(CudaBenchmark benchmark) {
    List<BundleCopy> copies = new ArrayList<>();
    try {
      List<String> all = new ArrayList<>();
      for (Place bundle : bundles) {
        BundleCopy copy = BundleCopy.of(bundle, trust.chosen());
        copies.add(copy);
        Bundle.open(copy.folder(), trust.chosen());
        all.addAll(List.of("--bundle", copy.folder().toString()));
      }
      all.addAll(arguments);
      return benchmark.run(all);
    } finally {
      copies.forEach(BundleCopy::close);
    }
  }
}
