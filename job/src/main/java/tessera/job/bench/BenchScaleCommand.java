package tessera.job.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tessera.UserError;
import tessera.analysis.JsonForm;
import tessera.backend.simulated.Simulation;
import tessera.job.spark.Cluster;
import tessera.storage.Place;

@Command(
    name = "scale",
    mixinStandardHelpOptions = true,
    description = {
      "Searches on simulated devices, which sleep where others build and time: what a run of so many devices costs its driver.",
      "",
      "Without a cluster all devices are in this process; under spark-submit each executor has so many."
    })
public final class BenchScaleCommand implements Callable<Integer> {
  private static final String MASTER = "spark.master";
  private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";

  @Option(
      names = "--devices",
      split = ",",
      defaultValue = "1,4,16,64",
      description = "Numbers of devices, each a search of its own (default: ${DEFAULT-VALUE}).")
  private List<Integer> devices;

  @Option(
      names = "--trials",
      defaultValue = "10000",
      description =
          "Of the search with the most devices; each device of the others has as many (default: ${DEFAULT-VALUE}).")
  private int trials;

  @Option(
      names = "--time",
      paramLabel = "SECONDS",
      defaultValue = "0.2",
      description = "How long a candidate keeps a device busy (default: ${DEFAULT-VALUE}).")
  private double time;

  @Option(
      names = "--build",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "How long it keeps a core busy before (default: ${DEFAULT-VALUE}).")
  private double build;

  @Option(
      names = "--cores",
      defaultValue = "2",
      description = "Cores, and tasks at a time, for each device (default: ${DEFAULT-VALUE}).")
  private int cores;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of all random choices (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--out",
      defaultValue = "out",
      description = "Where the runs go (default: ${DEFAULT-VALUE}).")
  private Place out;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "A file for the figures, as records that scripts/figures renders.")
  private Optional<Path> json = Optional.empty();

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    if (trials < 1) {
      throw new UserError("--trials must be at least 1, not " + trials);
    }
    JsonForm.of(json.map(Path::toString)).check();
    Simulation simulation =
        new Simulation(devices.stream().distinct().toList(), cores, build, time);
    int most = devices.stream().mapToInt(Integer::intValue).max().orElse(1);
    Map<String, String> properties = simulation.properties();
    properties.forEach(System::setProperty);
    if (System.getProperty(MASTER) == null) {
      System.setProperty(MASTER, "local[" + most * cores + "]");
    }
    // executors pretend the same
    System.setProperty(
        EXECUTOR_OPTIONS,
        properties.entrySet().stream()
            .map(property -> "-D" + property.getKey() + "=" + property.getValue())
            .collect(Collectors.joining(" ", System.getProperty(EXECUTOR_OPTIONS, "") + " ", "")));
    String command =
        "scripts/tessera "
            + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
    try (Cluster cluster = Cluster.start()) {
      Figures figures = new Figures("bench scale", command, "simulated devices");
      new ScaleBenchmark(cluster, out, trials, seed, System.out, figures).run();
      json.ifPresent(figures::write);
    }
    return 0;
  }
}
