package tessera.job.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.analysis.Analysis;
import tessera.job.records.RunFolder;
import tessera.job.report.ReportPage;
import tessera.job.spark.Cluster;
import tessera.storage.Place;

/** The report in a run's folder, which tune writes at its end. */
public final class RunReport {
  private static final String FILE = "report.html";

  private RunReport() {}

  /** Says where it is, or in one line why there is none: the run is done either way. */
  public static void write(Cluster cluster, RunFolder run, PrintStream to) {
    Callable<byte[]> page = () -> ReportPage.of(List.of(Analysis.of(cluster).open(run.path())));
    write(page, run.path().resolve(FILE), to);
  }

  static void write(Callable<byte[]> page, Place file, PrintStream to) {
    try {
      file.write(page.call());
      to.println("report: " + file);
    } catch (Exception | OutOfMemoryError | LinkageError e) {
      to.println("there is no report of this run: " + reason(e));
    }
  }

  private static String reason(Throwable failure) {
    return UserError.in(failure)
        .map(Throwable::getMessage)
        .or(() -> EnvironmentFault.in(failure).map(Throwable::getMessage))
        .or(() -> Optional.ofNullable(failure.getMessage()))
        .map(UserError::shortened)
        .orElse("it failed without a message; tessera report tries again");
  }
}
