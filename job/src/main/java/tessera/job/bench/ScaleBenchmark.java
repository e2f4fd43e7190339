package tessera.job.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import tessera.backend.Backends;
import tessera.backend.DeviceReport;
import tessera.backend.Hardware;
import tessera.backend.simulated.SimulatedTarget;
import tessera.job.records.RunFolder;
import tessera.job.run.Progress;
import tessera.job.run.Search;
import tessera.job.run.TuningRun;
import tessera.job.search.SearchMethod;
import tessera.job.search.TuningLoop;
import tessera.job.spark.Cluster;
import tessera.storage.Place;
import tessera.trial.Trial;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Workload;
import tessera.workload.WorkloadFile;

/**
 * How a search grows with its devices: whole searches on simulated devices, which go the way of a
 * real one through Spark's tasks to the trial log. What they take beyond the devices' time is the
 * driver's, and Spark's.
 */
public final class ScaleBenchmark {
  private static final String WORKLOAD = "scale.yaml";

  /** Trials of each device before those that count, in which Java compiles and Spark starts. */
  private static final int WARM_UP = 32;

  private static final int MOST_WARM_UP = 512;

  /**
   * What a search came to.
   *
   * @param devices that measured
   * @param seconds from its first proposal to its last logged round
   * @param least seconds that so many trials keep devices and cores busy
   */
  record Row(int devices, List<Trial> trials, double seconds, double least, DriverAccount account) {
    double trialsPerSecond() {
      return trials.size() / seconds;
    }

    double overheadMillis() {
      return 1e3 * (seconds - least) / trials.size();
    }

    double millis(TuningLoop.Work work) {
      return 1e3 * account.spent(work) / trials.size();
    }
  }

  private final Cluster cluster;
  private final Place out;
  private final int trials;
  private final long seed;
  private final PrintStream to;
  private final Figures figures;
  private final Place file;
  private final Workload workload;

  /**
   * @param out where the runs go
   * @param trials of the search with the most devices; each device of the others has as many
   */
  public ScaleBenchmark(
      Cluster cluster, Place out, int trials, long seed, PrintStream to, Figures figures) {
    this.cluster = cluster;
    this.out = out;
    this.trials = trials;
    this.seed = seed;
    this.to = to;
    this.figures = figures;
    this.file = workloadFile(out);
    this.workload = WorkloadFile.read(file, cluster.traces(), Backends.all()).workload();
  }

  private static Place workloadFile(Place out) {
    try (InputStream own = ScaleBenchmark.class.getResourceAsStream(WORKLOAD)) {
      Place file = out.resolve("bench").resolve(WORKLOAD);
      out.resolve("bench").createFolder();
      file.write(own.readAllBytes());
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Searches with each group of devices, the smallest first, and prints what came of it. */
  public void run() {
    List<SimulatedTarget> groups =
        cluster.detect(SimulatedTarget.KIND, Optional.empty()).kinds().stream()
            .map(DeviceReport::target)
            .map(SimulatedTarget.class::cast)
            .sorted(Comparator.comparingInt(SimulatedTarget::devices))
            .toList();
    int most = cluster.devices(groups.get(groups.size() - 1));
    row(groups.get(groups.size() - 1), Math.min(MOST_WARM_UP, WARM_UP * most));
    List<Row> rows = new ArrayList<>();
    for (SimulatedTarget group : groups) {
      rows.add(row(group, Math.max(1, trials * cluster.devices(group) / most)));
      print(rows);
    }
    heap(rows.get(rows.size() - 1));
  }

  private Row row(SimulatedTarget group, int count) {
    RunFolder.Settings settings =
        new RunFolder.Settings(
            RunFolder.Settings.SCHEMA_VERSION,
            file.absolute().toString(),
            Effort.STANDARD,
            new Budget(count, Budget.MOST_SECONDS),
            SearchMethod.EVOLUTIONARY,
            seed,
            1,
            false,
            group);
    RunFolder folder = RunFolder.create(out, "scale-" + group.devices(), settings, file);
    DriverAccount account =
        new DriverAccount(
            cluster.begins(folder.name(), Budget.MOST_SECONDS, Budget.MOST_SECONDS), count);
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    Progress progress = new Progress(nowhere, false, settings.budget(), System.nanoTime(), account);
    TuningRun run =
        new TuningRun(
            cluster,
            Hardware.of(group),
            Long.MAX_VALUE,
            workload,
            settings,
            folder,
            out,
            Optional.empty(),
            progress);
    Search search = Search.joint(run);
    long begin = System.nanoTime();
    search.run(folder.path(), List.of(), settings.budget(), 0);
    double seconds = 1e-9 * (System.nanoTime() - begin) - account.collectingSeconds();
    int devices = cluster.devices(group);
    double each = Math.max(group.timeSeconds(), group.buildSeconds() / group.cores()) / devices;
    return new Row(devices, search.trials(), seconds, each * search.trials().size(), account);
  }

  private void print(List<Row> rows) {
    if (rows.size() == 1) {
      to.printf(
          Locale.ROOT,
          "%8s %7s %8s %9s %8s %12s   of it in the driver's thread: %s %12s%n",
          "devices",
          "trials",
          "seconds",
          "trials/s",
          "scaling",
          "overhead",
          "learn, propose, log",
          "best");
    }
    Row first = rows.get(0);
    Row row = rows.get(rows.size() - 1);
    double scaling = row.trialsPerSecond() / first.trialsPerSecond();
    to.printf(
        Locale.ROOT,
        "%8d %7d %8.1f %9.1f %7.1fx %9.2f ms %30.2f ms %6.2f ms %6.2f ms %9.2f us%n",
        row.devices(),
        row.trials().size(),
        row.seconds(),
        row.trialsPerSecond(),
        scaling,
        row.overheadMillis(),
        row.millis(TuningLoop.Work.LEARN),
        row.millis(TuningLoop.Work.PROPOSE),
        row.millis(TuningLoop.Work.LOG),
        1e6 * row.account().bestSeconds());
    String of = row.devices() + " simulated devices";
    figures.add("trials a second, " + of, row.trialsPerSecond(), "1/s", "scale", row.devices());
    figures.add(
        "the same, times that of " + first.devices(), scaling, "", "scale", row.devices(), "times");
    figures.add(
        "driver overhead of a trial, " + of,
        row.overheadMillis(),
        "ms",
        "scale",
        row.devices(),
        "overhead");
  }

  private void heap(Row row) {
    List<Double> megabytes = row.account().heapMegabytes();
    to.println(
        "driver's heap after a collection, MB, at tenths of the last run: "
            + megabytes.stream()
                .map(used -> String.format(Locale.ROOT, "%.0f", used))
                .collect(Collectors.joining(" ")));
    if (!megabytes.isEmpty()) {
      figures.add(
          "driver's heap at its end", megabytes.get(megabytes.size() - 1), "MB", "scale-heap");
    }
  }
}
