package tessera.job.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tessera.UserError;
import tessera.analysis.Analysis;
import tessera.analysis.Recording;
import tessera.job.cli.options.TrustOption;
import tessera.job.report.ReportPage;
import tessera.job.spark.Cluster;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a report of runs and bundles: one HTML file that needs no network.",
      "",
      "Example: tessera report out/runs/bert-dense-20261129-083106-666 --open"
    })
public final class ReportCommand implements Callable<Integer> {
  @Parameters(
      arity = "1..*",
      paramLabel = "FOLDER",
      description = "Runs' and bundles' folders: paths, or URIs. A run has its bundle with it.")
  private List<Place> folders;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "report.html",
      description = "The file to write: a path, or a URI (default: ${DEFAULT-VALUE}).")
  private Place out;

  @Option(names = "--open", description = "Show it in the browser.")
  private boolean open;

  @Mixin private TrustOption trust;

  @Override
  public Integer call() {
    Analysis.checkOnDisk(folders);
    try (Cluster cluster = Cluster.start()) {
      Analysis analysis = Analysis.of(cluster);
      List<Recording> recordings =
          folders.stream().map(folder -> analysis.open(folder, trust.chosen())).toList();
      write(ReportPage.of(recordings), out, "--out");
    }
    System.out.println("report: " + out);
    if (open) {
      show(out);
    }
    return 0;
  }

  /**
   * @param option by which the file was given
   */
  static void write(byte[] page, Place file, String option) {
    try {
      file.write(page);
    } catch (IOException e) {
      throw StorageFailure.of(file + " cannot be written", e, "give another file with " + option);
    }
  }

  private static void show(Place file) {
    Path path =
        file.onDisk()
            .orElseThrow(
                () ->
                    new UserError(
                        "--open shows a file on this machine, and the report is at "
                            + file
                            + "; copy it from there"));
    if (!Desktop.show(path)) {
      System.out.println(
          "xdg-open cannot show " + file + "; open it in a browser: it fetches nothing");
    }
  }
}
