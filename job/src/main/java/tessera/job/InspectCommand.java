package tessera.job;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;

@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Prints what is inside a bundle.")
final class InspectCommand implements Callable<Integer> {
  @Parameters(paramLabel = "BUNDLE", description = "The bundle's folder.")
  private Path folder;

  @Override
  public Integer call() {
    Bundle bundle = Bundle.open(folder);
    BundleManifest manifest = bundle.manifest();
    PrintStream to = System.out;
    to.println(
        "bundle     " + manifest.name() + " " + manifest.id() + ", made " + manifest.created());
    to.println(
        "operator   "
            + manifest.workload().operator()
            + " "
            + manifest.workload().dtype()
            + ", epilogue "
            + manifest.workload().epilogue());
    to.println(
        "extents    " + manifest.workload().extents() + " over " + manifest.workload().variables());
    to.println(
        "target     "
            + manifest.target().model()
            + " ("
            + manifest.target().isa()
            + ", "
            + manifest.target().cores()
            + " cores, fingerprint "
            + manifest.target().fingerprint()
            + ")");
    to.println("tolerance  " + manifest.tolerance());
    to.println("tools      " + manifest.tools());
    to.println(
        "dispatch   " + bundle.dispatch().leaves() + " leaves, depth " + bundle.dispatch().depth());
    for (int i = 0; i < manifest.kernels().size(); i++) {
      to.println("kernel " + i + "   " + manifest.kernels().get(i).name());
    }
    Report.table(to, manifest);
    return 0;
  }
}
