package tessera.job.bench.retune;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tessera.UserError;
import tessera.analysis.JsonForm;
import tessera.integrity.Trust;
import tessera.job.bench.Figures;
import tessera.runtime.Bundle;
import tessera.runtime.BundleCopy;
import tessera.storage.Place;

@Command(
    name = "canary",
    mixinStandardHelpOptions = true,
    description =
        "Counts how often retune's canary takes a bundle for a CPU that is as it was made for one"
            + " that has drifted, and how often it notices one that is slower on purpose.")
public final class BenchCanaryCommand implements Callable<Integer> {
  private static final int FLOATS = 1 << 23;

  @Option(names = "--bundle", required = true, description = "A bundle for this machine's CPU.")
  private Place place;

  @Option(
      names = "--checks",
      defaultValue = "50",
      description = "Of the bundle as it is (default: ${DEFAULT-VALUE}).")
  private int checks;

  @Option(
      names = "--slowed",
      defaultValue = "20",
      description = "Of one that is slower (default: ${DEFAULT-VALUE}).")
  private int slowed;

  @Option(
      names = "--share",
      defaultValue = "0.08",
      description = "By how much that one is slower (default: ${DEFAULT-VALUE}).")
  private double share;

  @Option(
      names = "--neighbours",
      defaultValue = "0",
      description = "Threads that read and write memory all the while (default: ${DEFAULT-VALUE}).")
  private int neighbours;

  @Option(names = "--json", description = "A file for the figures as records.")
  private Optional<Path> json = Optional.empty();

  private volatile boolean done;

  @Override
  public Integer call() {
    if (checks < 1 || slowed < 0 || neighbours < 0) {
      throw new UserError(
          "--checks must be at least 1, and neither --slowed nor --neighbours negative");
    }
    JsonForm.of(json.map(Path::toString)).check();
    for (int i = 0; i < neighbours; i++) {
      Thread thread = new Thread(this::disturb, "neighbour");
      thread.setDaemon(true);
      thread.start();
    }
    try (BundleCopy copy = BundleCopy.of(place, Trust.anyone())) {
      Bundle bundle = Bundle.open(copy.folder());
      String machine =
          neighbours == 0
              ? "with no neighbour of its own"
              : "beside " + neighbours + " threads that stream memory";
      Figures figures = new Figures("The canary of retune", command(), bundle.manifest().target());
      CanaryBenchmark benchmark = new CanaryBenchmark(bundle, machine, System.out, figures);
      benchmark.alarms(checks);
      if (slowed > 0) {
        benchmark.slowed(slowed, share);
      }
      json.ifPresent(figures::write);
      return 0;
    } finally {
      done = true;
    }
  }

  private String command() {
    return "scripts/bench canary --bundle BUNDLE --checks "
        + checks
        + " --slowed "
        + slowed
        + (neighbours > 0 ? " --neighbours " + neighbours : "");
  }

  private void disturb() {
    float[] memory = new float[FLOATS];
    while (!done) {
      for (int i = 0; i < FLOATS; i++) {
        memory[i] = 0.5f * memory[i] + 1;
      }
    }
  }
}
