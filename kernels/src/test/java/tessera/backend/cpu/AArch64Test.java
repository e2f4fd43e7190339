package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.compile.BuildResult;
import tessera.compile.CCompiler;
import tessera.compile.SourceUnit;
import tessera.compile.Subprocess;
import tessera.compile.Template;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.runtime.Bundle;
import tessera.workload.Preparation;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * Micro-kernels, the pool of threads and the bundle's library for AArch64: cross-compiled as they
 * are for this machine, and run by an emulator of the processor.
 */
@Tag("thorough")
final class AArch64Test {
  private static final String COMPILER = "aarch64-linux-gnu-gcc";
  private static final List<String> EMULATOR =
      List.of("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu");
  private static final Duration DEADLINE = Duration.ofMinutes(4);
  private static final String MISSING =
      " is not installed, so nothing can be checked for AArch64 (Debian and Ubuntu: apt-get install"
          + " gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)";

  private static final CpuTarget TARGET =
      new CpuTarget(
          "Neoverse", "any:neon", "neon", 4, 32, 4, 64 << 10, 1 << 20, 32 << 20, "cc", 50);

  @TempDir private static Path folder;
  private static CpuBackend backend;
  private static Path check;

  @BeforeAll
  static void compileTheCheck() throws IOException {
    Optional<CCompiler> compiler = CCompiler.named(COMPILER, folder.resolve("builds"));
    assumeTrue(compiler.isPresent(), COMPILER + MISSING);
    assumeTrue(isInstalled(EMULATOR.get(0)), EMULATOR.get(0) + MISSING);
    backend = new CpuBackend(compiler.orElseThrow(), TARGET, folder);
    SourceUnit harness = CpuHarness.source(TARGET);
    Files.writeString(folder.resolve(harness.name()), harness.files().get(harness.name()));
    Files.writeString(folder.resolve("check.c"), Template.resource(AArch64Test.class, "check.c"));
    List<String> command = new ArrayList<>(List.of(COMPILER));
    harness.flags().stream().filter(flag -> !flag.equals("-shared")).forEach(command::add);
    command.addAll(List.of("-o", "check", "check.c", "-ldl", "-lm", "-lpthread"));
    Subprocess.Result compiled = Subprocess.run(command, folder, DEADLINE);
    assertEquals(0, compiled.exitCode(), compiled.output());
    check = folder.resolve("check");
  }

  private static boolean isInstalled(String program) {
    try {
      return Subprocess.run(List.of(program, "--version"), folder, Duration.ofSeconds(10))
              .exitCode()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static String emulated(List<String> what, Workload workload, long seed, Stream<String> on)
      throws IOException {
    List<String> command = new ArrayList<>(EMULATOR);
    command.add(check.toString());
    command.addAll(what);
    command.add(workload.operator().secondIsNk() ? "1" : "0");
    command.add(workload.epilogue().bias() ? "1" : "0");
    command.add("" + workload.epilogue().activation());
    command.add("" + seed);
    on.map(shape -> shape + "/" + bound(workload, shape)).forEach(command::add);
    Subprocess.Result result = Subprocess.run(command, folder, DEADLINE);
    return result.exitCode() <= 1
        ? result.output().strip()
        : "exit code " + result.exitCode() + ": " + result.output();
  }

  /**
   * The numbers of what is allowed on a shape.
   *
   * @param shape batch, m, n, k and more
   */
  private static String bound(Workload workload, String shape) {
    long k = Long.parseLong(shape.split(",")[3]);
    double[] bound = workload.numerics().tolerance().bound(k, workload.epilogue()).toArray();
    return Arrays.stream(bound).mapToObj(Double::toString).collect(Collectors.joining(","));
  }

  private static Workload workload(String operator, String epilogue) {
    Map<String, String> extents = Map.of("m", "M", "n", "N", "k", "K");
    Map<String, String> batched = Map.of("b", "3", "m", "M", "n", "N", "k", "K");
    return new WorkloadSpec(
            "arm",
            operator,
            "float32",
            epilogue,
            List.of("M", "N", "K"),
            operator.equals("dense") ? extents : batched)
        .anywhere();
  }

  /** One of every kind that differs in more than sizes. */
  private static List<MicroKernel> kernels(Workload workload, SplittableRandom random) {
    List<MicroKernel> kernels = new ArrayList<>();
    for (CpuFamily family : CpuFamily.of(TARGET, workload)) {
      SearchSpace space = new SearchSpace(List.of(family));
      if (family.name().equals(CpuDot.NAME)) {
        kernels.add(space.sample(random));
        kernels.add(space.sample(random));
        continue;
      }
      for (int over = 0; over < 2; over++) {
        for (int scalar = 0; scalar < 2; scalar++) {
          int[] wanted = {over, scalar};
          kernels.add(
              sample(
                  space,
                  random,
                  kernel ->
                      kernel.get("vectorOverM") == wanted[0]
                          && kernel.get("packScalar") == wanted[1]));
        }
      }
      if (!workload.operator().secondIsNk()) {
        kernels.add(sample(space, random, kernel -> kernel.get("packVector") == 0));
      }
    }
    return kernels;
  }

  private static MicroKernel sample(
      SearchSpace space, SplittableRandom random, Predicate<MicroKernel> wanted) {
    return Stream.generate(() -> space.sample(random)).filter(wanted).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "dense, none",
    "dense, bias",
    "dense, bias+relu",
    "dense, bias+gelu",
    "batch_matmul_nt, none",
    "batch_matmul_nn, none",
    "batch_matmul_nn, bias+gelu"
  })
  @Execution(ExecutionMode.CONCURRENT)
  void everyKindOfKernel_awkwardShapes_isRight(String operator, String epilogue)
      throws IOException {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Workload workload = workload(operator, epilogue);
    int batch = operator.equals("dense") ? 1 : 3;
    for (MicroKernel kernel : kernels(workload, random)) {
      BuildResult built = backend.build(workload, kernel);
      assertEquals(BuildResult.Status.OK, built.status(), () -> kernel + ": " + built.message());
      List<String> what =
          List.of("kernel", built.artifact().orElseThrow().toString(), CpuFamily.SYMBOL);
      Stream<String> shapes =
          Stream.of("1,1,1", "1,61,131", "67,43,1", "7,13,1030", "129,48,31", "31,127,64")
              .map(shape -> batch + "," + shape);
      assertEquals(
          "right", emulated(what, workload, seed, shapes), () -> "seed " + seed + " " + kernel);
    }
  }

  @Test
  void preparedWeights_kernelsAndABundle_areRight() throws IOException {
    long seed = System.nanoTime();
    Workload workload =
        new WorkloadSpec(
                "arm-prepared",
                "dense",
                "float32",
                "bias",
                List.of("T"),
                Map.of("m", "3 * T", "n", "43", "k", "131"))
            .preparing(Preparation.ONLY)
            .anywhere();
    SearchSpace space = new SearchSpace(List.of(new CpuGemm(TARGET, workload)));
    for (int pack = 0; pack < 2; pack++) {
      int wanted = pack;
      SplittableRandom random = new SplittableRandom(seed);
      MicroKernel kernel = sample(space, random, k -> k.get("packScalar") == wanted);
      BuildResult built = backend.build(workload, kernel);
      assertEquals(BuildResult.Status.OK, built.status(), () -> kernel + ": " + built.message());
      List<String> what =
          List.of("kernel", built.artifact().orElseThrow().toString(), CpuFamily.SYMBOL);
      Stream<String> shapes = Stream.of("1,1,43,131", "1,7,43,131", "1,61,43,131");
      assertEquals(
          "right", emulated(what, workload, seed, shapes), () -> "seed " + seed + " " + kernel);
    }
    Path bundle = SampleBundle.publish(backend, workload, folder.resolve("prepared"));
    for (String form : List.of("prepared", "bundle")) {
      List<String> what = List.of(form, bundle.resolve(Bundle.LIBRARY).toString(), "1");
      Stream<String> shapes = Stream.of("1,3,43,131,1", "1,60,43,131,20");
      assertEquals("right", emulated(what, workload, seed, shapes), form);
    }
  }

  @Test
  void kernel_brokenTemplate_isNoticed() throws IOException {
    Workload workload = workload("dense", "bias");
    CpuFamily family = new CpuDot(TARGET, workload);
    MicroKernel kernel = new SearchSpace(List.of(family)).sample(new SplittableRandom(1));
    SourceUnit unit = family.source(kernel);
    String part = "x += bias[s];";
    String source = unit.files().get(unit.name());
    assertTrue(source.contains(part), "the template still has: " + part);
    Map<String, String> broken = Map.of(unit.name(), source.replace(part, ""));
    BuildResult built = backend.compiler().build(new SourceUnit(unit.name(), broken, unit.flags()));
    List<String> what =
        List.of("kernel", built.artifact().orElseThrow().toString(), CpuFamily.SYMBOL);
    assertNotEquals("right", emulated(what, workload, 1, Stream.of("1,7,13,31")));
  }

  @ParameterizedTest
  @CsvSource({"none", "bias+gelu"})
  void bundle_throughItsLibrary_isRight(String epilogue) throws IOException {
    Path bundle = SampleBundle.publish(backend, epilogue, folder.resolve(epilogue));
    Workload workload = workload("dense", epilogue);
    List<String> what = List.of("bundle", bundle.resolve(Bundle.LIBRARY).toString(), "2");
    Stream<String> shapes =
        Stream.of("1,3,1,40,1,1", "1,21,13,40,7,13", "1,60,129,40,20,129", "1,111,64,40,37,64");
    assertEquals("right", emulated(what, workload, System.nanoTime(), shapes));
  }
}
