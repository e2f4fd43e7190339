package tessera.job.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tessera.UserError;
import tessera.job.records.RunFolder;
import tessera.job.spark.Cluster;
import tessera.job.spark.tables.RunFigures;
import tessera.storage.Place;

@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    description = {
      "Says from the trial logs of some runs what each device did, how fast trials came, and whether two were ever measured on one device at once; if so, the exit code is 1.",
      "",
      "Runs that shared a host are to be given together."
    })
public final class BenchDevicesCommand implements Callable<Integer> {
  @Parameters(
      arity = "1..*",
      paramLabel = "RUN",
      description = "A run's folder, or its name under OUT/runs.")
  private List<String> runs;

  @Option(
      names = "--out",
      defaultValue = "out",
      description = "Where runs are (default: ${DEFAULT-VALUE}).")
  private Place out;

  @Override
  public Integer call() {
    List<RunFigures> figures = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    try (Cluster cluster = Cluster.start()) {
      for (String run : runs) {
        List<RunFigures> ofRun =
            RunFolder.open(out, run).searches().stream().map(cluster::figures).toList();
        figures.addAll(ofRun);
        silent.addAll(RunFigures.occupations(ofRun).isEmpty() ? List.of(run) : List.of());
      }
      figures.stream()
          .flatMap(one -> one.references().stream())
          .forEach(
              r ->
                  System.out.printf(
                      Locale.ROOT,
                      "the fixed kernel on %s: %.0f GFLOP/s, %.3f between the 95th and the 5th of a hundred%n",
                      r.worker(),
                      r.median(),
                      r.high() / r.low()));
      if (!silent.isEmpty()) {
        throw new UserError(
            "the log of "
                + String.join(", ", silent)
                + " does not say when trials were measured, which older versions did not log; give other runs");
      }
      return print(RunFigures.occupations(figures));
    }
  }

  private static int print(List<RunFigures.Occupation> devices) {
    devices.forEach(device -> System.out.println(device.words()));
    int trials = devices.stream().mapToInt(RunFigures.Occupation::trials).sum();
    double seconds = devices.stream().mapToDouble(RunFigures.Occupation::seconds).max().orElse(0);
    System.out.printf(
        Locale.ROOT,
        "%d trials on %d devices, %.2f a second%n",
        trials,
        devices.size(),
        trials / seconds);
    return devices.stream().allMatch(device -> device.overlaps() == 0) ? 0 : 1;
  }
}
