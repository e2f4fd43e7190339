package tessera.job.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tessera.UserError;
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
  private Place folder;

  @Mixin private TrustOption trust;

  @Override
  public Integer call() {
    Path to =
        folder
            .onDisk()
            .orElseThrow(
                () -> new UserError(folder + " is not on this machine; give fetch a path here"));
    BundleCopy.fetch(bundle, to, trust.chosen());
    System.out.println("bundle: " + folder);
    return 0;
  }
}
