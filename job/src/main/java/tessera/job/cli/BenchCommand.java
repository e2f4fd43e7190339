package tessera.job.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tessera.Json;
import tessera.UserError;
import tessera.analysis.JsonForm;
import tessera.backend.Backend;
import tessera.backend.Target;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.CpuTarget;
import tessera.job.bench.BenchDevicesCommand;
import tessera.job.bench.BenchScaleCommand;
import tessera.job.bench.CpuBenchmark;
import tessera.job.bench.Dense;
import tessera.job.bench.DispatchBenchmark;
import tessera.job.bench.Figures;
import tessera.job.bench.PredictionBenchmark;
import tessera.job.bench.StaticBenchmark;
import tessera.job.bench.ThreadsBenchmark;
import tessera.job.bench.retune.BenchCanaryCommand;
import tessera.job.cli.options.PeerOption;
import tessera.job.cli.options.TrustOption;
import tessera.job.run.LocalDevice;
import tessera.runtime.Bundle;
import tessera.runtime.BundleCopy;
import tessera.storage.Place;
import tessera.workload.WorkloadSpec;

@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    subcommands = {
      BenchCanaryCommand.class,
      BenchCudaCommand.class,
      BenchDevicesCommand.class,
      BenchScaleCommand.class
    },
    description = "Measures bundles, and parts of Tessera itself.")
public final class BenchCommand implements Callable<Integer> {
  private static final List<String> TARGETS =
      List.of(CpuTarget.KIND, "static", "dispatch", "threads", "prediction");

  private static final List<String> OF_CPU =
      List.of(
          "--bundle",
          "--against",
          "--peer",
          "--out",
          "--threads",
          "--weights",
          "--shapes",
          "--rows",
          "--random-shapes",
          "--rounds",
          "--seed",
          "--json");

  /** The options that the other targets take. */
  private static final Map<String, List<String>> TAKEN =
      Map.of(
          "static", List.of("--bundle", "--out", "--rounds", "--seed", "--json"),
          "dispatch", List.of("--bundle", "--out", "--json"),
          "threads", List.of("--bundle", "--out", "--threads", "--rounds", "--json"),
          "prediction", List.of("--rounds", "--json"));

  private static final List<String> WEIGHTS = List.of("warm", "cold");

  @Parameters(
      arity = "0..1",
      paramLabel = "WHAT",
      description = {
        "cpu: float32 dense bundles against OpenBLAS, oneDNN, MKL where installed, and the libraries of --peer, each with plain weights and, where it can, with weights that it prepared once, on BERT's 56 shapes and on random ones, verified first and interleaved in one process; ratios above 1 are faster than the other;",
        "cuda: bundles for a GPU against cuBLAS, cuBLASLt and Triton (tessera bench cuda --help);",
        "devices: what each device did in runs, and whether two trials met on one (tessera bench devices --help);",
        "scale: searches on simulated devices, up to thousands of trials on a cluster that is not there (tessera bench scale --help);",
        "static: each dispatched kernel against itself compiled for the one shape, on CPUs and GPUs;",
        "dispatch: nanoseconds to select a plan, through the C interface and in Java;",
        "threads: bundles on free cores, beside a spinning thread, after a rest and under a CPU quota;",
        "prediction: (micro-kernel, instance) pairs a second that the search's inner loop predicts."
      })
  private String target = "";

  @Option(
      names = "--bundle",
      paramLabel = "DIR",
      description =
          "A bundle's folder, a path or a URI; may be repeated. The latest of every workload under out/bundles by default.")
  private List<Place> bundles = new ArrayList<>();

  @Option(
      names = "--against",
      paramLabel = "DIR",
      description = "Another bundle to compare with, instead of other libraries.")
  private Place against;

  @CommandLine.Mixin private PeerOption peers;

  @Option(
      names = "--out",
      defaultValue = "out",
      description = "Where bundles are and results go (default: ${DEFAULT-VALUE}).")
  private Place out;

  @Option(
      names = "--threads",
      split = ",",
      description = "Thread counts (default: 1 and all cores).")
  private List<Integer> threads = new ArrayList<>();

  @Option(
      names = "--weights",
      split = ",",
      defaultValue = "warm,cold",
      description = "warm, cold (default: ${DEFAULT-VALUE}).")
  private List<String> weights;

  @Option(
      names = "--shapes",
      split = ",",
      defaultValue = "bert,random",
      description = "bert, random (default: ${DEFAULT-VALUE}).")
  private List<String> shapes;

  @Option(
      names = "--rows",
      split = ",",
      paramLabel = "M",
      description =
          "Numbers of rows m on which the bundles' dense layers of fixed n and k are measured, in place of --shapes.")
  private List<Long> rows = new ArrayList<>();

  @Option(
      names = "--random-shapes",
      defaultValue = "40",
      description = "How many (default: ${DEFAULT-VALUE}).")
  private int randomShapes;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Interleaved blocks of each function (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of random shapes and data (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "A file for the figures, as records that scripts/figures renders.")
  private Optional<Path> json = Optional.empty();

  @CommandLine.Mixin private TrustOption trust;

  private final List<BundleCopy> copies = new ArrayList<>();

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    try {
      return measure();
    } finally {
      copies.forEach(BundleCopy::close);
    }
  }

  private int measure() throws IOException {
    if (!TARGETS.contains(target)) {
      throw new UserError(
          "bench measures "
              + String.join(", ", TARGETS)
              + ", cuda, devices or scale"
              + (target.isEmpty() ? "" : ", not " + UserError.quoted(target))
              + "; tessera bench --help says what each is");
    }
    refuseOptionsOfOthers();
    check();
    JsonForm.of(json.map(Path::toString)).check();
    if (target.equals("prediction")) {
      predict();
      return 0;
    }
    List<Bundle> all = (bundles.isEmpty() ? latest() : bundles).stream().map(this::open).toList();
    if (target.equals("static")) {
      compareStatic(all);
      return 0;
    }
    List<Bundle> opened =
        all.stream()
            .filter(bundle -> bundle.manifest().target().kind().equals(CpuTarget.KIND))
            .toList();
    if (opened.isEmpty()) {
      throw new UserError("none of the bundles is for a CPU; tune one with target cpu");
    }
    CpuBackend backend = CpuBackend.detect();
    checkCores(threads, backend.target().cores());
    Figures figures = figures(backend.target());
    switch (target) {
      case CpuTarget.KIND -> {
        return compare(backend, opened, figures);
      }
      case "threads" -> threads(backend, opened, figures);
      default -> opened.forEach(new DispatchBenchmark(backend, System.out, figures)::run);
    }
    json.ifPresent(figures::write);
    return 0;
  }

  /** What a target would ignore. */
  private void refuseOptionsOfOthers() {
    List<String> taken = TAKEN.getOrDefault(target, OF_CPU);
    for (String option : OF_CPU) {
      if (!taken.contains(option) && spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new UserError(
            "bench "
                + target
                + " takes "
                + String.join(", ", taken)
                + " alone; leave "
                + option
                + " out");
      }
    }
  }

  private Bundle open(Place bundle) {
    BundleCopy copy = BundleCopy.of(bundle, trust.chosen());
    copies.add(copy);
    return Bundle.open(copy.folder(), trust.chosen());
  }

  private void check() {
    checkPositive("--rounds", List.of(rounds));
    checkPositive("--random-shapes", List.of(randomShapes));
    checkPositive("--rows", rows);
    for (String other : List.of("--shapes", "--random-shapes")) {
      if (!rows.isEmpty() && spec.commandLine().getParseResult().hasMatchedOption(other)) {
        throw new UserError("--rows takes the place of " + other + "; leave one of them out");
      }
    }
    checkPositive("--threads", threads);
    weights.stream()
        .filter(regime -> !WEIGHTS.contains(regime))
        .findFirst()
        .ifPresent(
            regime -> {
              throw new UserError("--weights takes warm and cold, not " + UserError.quoted(regime));
            });
  }

  private static void checkPositive(String option, List<? extends Number> values) {
    for (Number value : values) {
      if (value.longValue() < 1) {
        throw new UserError(option + " must be at least 1, not " + value);
      }
    }
  }

  private static void checkCores(List<Integer> threads, int cores) {
    for (int count : threads) {
      if (count > cores) {
        throw new UserError("--threads must be 1 to " + cores + " on this machine, not " + count);
      }
    }
  }

  private Figures figures(Target measured) {
    String command =
        "scripts/tessera "
            + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
    return new Figures("bench " + target, command, measured);
  }

  private void threads(CpuBackend backend, List<Bundle> opened, Figures figures) {
    List<Integer> counts = threads.isEmpty() ? List.of(backend.target().cores()) : threads;
    for (Bundle bundle : opened) {
      counts.forEach(
          count -> new ThreadsBenchmark(backend, bundle, count, rounds, System.out, figures).run());
    }
  }

  private void compareStatic(List<Bundle> opened) {
    Figures figures = figures(opened.get(0).manifest().target());
    for (Bundle bundle : opened) {
      Backend backend = LocalDevice.of(bundle);
      new StaticBenchmark(backend, rounds, seed, System.out, figures.on(backend.target()))
          .run(bundle);
    }
    json.ifPresent(figures::write);
  }

  private void predict() {
    CpuBackend backend = CpuBackend.detect();
    Figures figures = figures(backend.target());
    new PredictionBenchmark(backend).run(rounds, System.out, figures);
    json.ifPresent(figures::write);
  }

  /** 1 where some shape could not be timed. */
  private int compare(CpuBackend backend, List<Bundle> opened, Figures figures) throws IOException {
    Optional<Bundle> rival = Optional.ofNullable(against).map(this::open);
    if (rival.isPresent() && !rival.get().manifest().target().kind().equals(CpuTarget.KIND)) {
      throw new UserError(against + " is not for a CPU; give --against one that is");
    }
    if (rival.isPresent() && !peers.chosen().isEmpty()) {
      throw new UserError("--against compares with another bundle alone; leave --peer out");
    }
    CpuBenchmark benchmark =
        new CpuBenchmark(backend, opened, rival, peers.chosen(), rounds, seed, System.out, figures);
    Map<String, List<Dense>> groups = groups(opened);
    if (!rows.isEmpty()) {
      groups.values().forEach(group -> Dense.checkMemory(group, backend.memoryBytes()));
    }
    List<CpuBenchmark.Row> measured = new ArrayList<>();
    List<Integer> counts = threads.isEmpty() ? defaultThreads(backend) : threads;
    for (String regime : weights) {
      for (int count : counts) {
        for (Map.Entry<String, List<Dense>> group : groups.entrySet()) {
          measured.addAll(benchmark.run(group.getKey(), group.getValue(), regime, count));
        }
      }
    }
    if (measured.isEmpty() && benchmark.failures() > 0) {
      return 1;
    }
    if (measured.isEmpty()) {
      throw new UserError(
          "no bundle serves any of these shapes ("
              + Stream.concat(opened.stream(), rival.stream())
                  .map(BenchCommand::described)
                  .collect(Collectors.joining(", "))
              + "); dense layers without an epilogue are measured: give --bundle one of these, or --rows that it serves");
    }
    Place file = out.resolve("bench").resolve("cpu-" + System.currentTimeMillis() + ".json");
    out.resolve("bench").createFolder();
    file.write(Json.DOCUMENTS.writeValueAsBytes(measured));
    System.out.println("written to " + file);
    json.ifPresent(figures::write);
    return benchmark.failures() == 0 ? 0 : 1;
  }

  /** What a bundle is for, in a few words. */
  private static String described(Bundle bundle) {
    WorkloadSpec workload = bundle.manifest().workload();
    String extents =
        new TreeMap<>(workload.extents())
            .entrySet().stream()
                .map(extent -> extent.getKey() + " = " + extent.getValue())
                .collect(Collectors.joining(", "));
    return workload.name()
        + " is "
        + workload.operator()
        + (workload.epilogue().equals("none") ? "" : " with " + workload.epilogue())
        + " of "
        + extents;
  }

  private static List<Integer> defaultThreads(CpuBackend backend) {
    int cores = backend.target().cores();
    return cores == 1 ? List.of(1) : List.of(1, cores);
  }

  /** Shapes by the name of their group. */
  private Map<String, List<Dense>> groups(List<Bundle> opened) {
    if (!rows.isEmpty()) {
      return Map.of("rows", layers(opened));
    }
    Map<String, List<Dense>> groups = new LinkedHashMap<>();
    shapes.forEach(group -> groups.put(group, shapes(group)));
    return groups;
  }

  private List<Dense> layers(List<Bundle> opened) {
    List<Dense> layers =
        opened.stream()
            .flatMap(bundle -> Dense.ofRows(bundle.manifest().workload().anywhere(), rows).stream())
            .distinct()
            .toList();
    if (layers.isEmpty()) {
      throw new UserError(
          "none of the bundles is for a dense layer of fixed n and k, of which --rows says the rest; give one with --bundle, or leave --rows out");
    }
    return layers;
  }

  private List<Dense> shapes(String group) {
    return switch (group) {
      case "bert" -> Dense.bert();
      case "random" -> Dense.random(randomShapes, seed);
      default ->
          throw new UserError("--shapes takes bert and random, not " + UserError.quoted(group));
    };
  }

  /** The newest version of every bundle, on the hardware that has the newest. */
  private List<Place> latest() {
    Place root = out.resolve("bundles");
    List<Place> found = Bundle.latest(root);
    if (found.isEmpty()) {
      throw noBundles(root);
    }
    return found;
  }

  private static UserError noBundles(Place root) {
    return new UserError(
        "there are no bundles under " + root + "; run tessera tune first, or give --bundle");
  }
}
