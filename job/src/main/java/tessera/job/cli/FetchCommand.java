package tessera.job.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tessera.job.cli.options.TrustOption;
import tessera.runtime.BundleCopy;
import tessera.storage.Place;

@Command(
    name = "fetch",
    mixinStandardHelpOptions = true,
    description = {
      "Copies a bundle to a folder of this machine, and checks every file.",
      "",
      "Example: tessera fetch hdfs://host/out/bundles/bert-dense/HARDWARE/latest bert-dense"
    })
public final class FetchCommand implements Callable<Integer> {
  @Parameters(paramLabel = "BUNDLE", description = "The bundle's folder: a path, or a URI.")
  private Place bundle;

  @Parameters(paramLabel = "DIR", description = "A folder that does not exist yet, or is empty.")
  private Path folder;

  @Mixin private TrustOption trust;

  @Override
  public Integer call() {
    BundleCopy.fetch(bundle, folder, trust.chosen());
    System.out.println("bundle: " + folder);
    return 0;
  }
}
