package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.backend.cuda.family.CudaEmulated;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.CudaMma;
import tessera.backend.cuda.family.CudaSimt;
import tessera.backend.cuda.family.CudaWgmma;
import tessera.compile.Subprocess;
import tessera.compile.Template;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.workload.Workload;

/**
 * The CUDA templates on the CPU, every CUDA thread a coroutine: indices, edges, barriers, ranges of
 * stream-K and exchange in clusters, against float64 on fresh random data. Not a replacement for a
 * GPU, which alone shows races and speed.
 */
final class CudaEmulationTest {
  private static final Duration DEADLINE = Duration.ofSeconds(120);

  /** More CUDA threads than this in a block take long to emulate. */
  private static final int MOST_THREADS = 160;

  @TempDir private static Path folder;

  @BeforeAll
  static void needsACompiler() {
    boolean found;
    try {
      found =
          Subprocess.run(List.of("g++", "--version"), folder, Duration.ofSeconds(10)).exitCode()
              == 0;
    } catch (IOException e) {
      found = false;
    }
    assumeTrue(found, "g++ is not installed, so CUDA templates cannot be emulated");
  }

  @ParameterizedTest
  @CsvSource({"dense, bias+gelu", "batch_matmul_nn, none"})
  @Execution(ExecutionMode.CONCURRENT)
  void anyLegalKernel_awkwardShapes_isRight(String operator, String epilogue) throws IOException {
    anyLegalKernels(operator, epilogue, 1);
  }

  @ParameterizedTest
  @CsvSource({
    "dense, none",
    "dense, bias+gelu",
    "batch_matmul_nt, bias+relu",
    "batch_matmul_nn, none",
    "batch_matmul_nn, bias"
  })
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreLegalKernels_awkwardShapes_areRight(String operator, String epilogue)
      throws IOException {
    anyLegalKernels(operator, epilogue, 2);
  }

  private static void anyLegalKernels(String operator, String epilogue, int ofEach)
      throws IOException {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Workload workload = Samples.workload(operator, epilogue);
    for (CudaFamily family : CudaFamily.of(Samples.H200, workload)) {
      for (int i = 0; i < ofEach; i++) {
        assertRight(family, random, seed + " " + operator + " " + epilogue);
      }
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void anyLegalTensorCoreKernel_awkwardShapes_isRight() throws IOException {
    anyLegalTensorCoreKernels("dense", "bias+gelu", List.of(Samples.FLOAT16));
  }

  @ParameterizedTest
  @CsvSource({
    "dense, none",
    "dense, bias+gelu",
    "batch_matmul_nt, bias+relu",
    "batch_matmul_nn, none",
    "batch_matmul_nn, bias"
  })
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreLegalTensorCoreKernels_awkwardShapes_areRight(String operator, String epilogue)
      throws IOException {
    anyLegalTensorCoreKernels(operator, epilogue, Samples.tensorNumerics());
  }

  private static void anyLegalTensorCoreKernels(
      String operator, String epilogue, List<Numerics> all) throws IOException {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (Numerics numerics : all) {
      Workload workload = Samples.workload(operator, epilogue, numerics);
      for (CudaFamily family : CudaFamily.of(Samples.H200, workload)) {
        assertRight(family, random, seed + " " + operator + " " + epilogue);
      }
    }
  }

  private static void assertRight(CudaFamily family, SplittableRandom random, String what)
      throws IOException {
    MicroKernel kernel = small(new SearchSpace(List.of(family)), family, random);
    Subprocess.Result result = emulate(family, kernel, source(family, kernel));
    assertEquals("right", result.output().strip(), () -> family.label(kernel) + " seed " + what);
  }

  private static void assertRight(CudaFamily family, MicroKernel kernel) throws IOException {
    assertTrue(family.isLegal(kernel));
    assertComputes(family, kernel);
  }

  /** Right even where it is not legal, since it would only be slow there. */
  private static void assertComputes(CudaFamily family, MicroKernel kernel) throws IOException {
    String output = emulate(family, kernel, source(family, kernel)).output();
    assertEquals("right", output.strip(), () -> family.label(kernel));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void clusterOfTensorCores_sharesATile_isRight() throws IOException {
    clusterOfTensorCores(Samples.FLOAT16);
  }

  @Test
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void clusterOfTensorCores_otherTypes_isRight() throws IOException {
    for (Numerics numerics : Samples.otherTensorNumerics()) {
      clusterOfTensorCores(numerics);
    }
  }

  private static void clusterOfTensorCores(Numerics numerics) throws IOException {
    CudaFamily family = new CudaMma(Samples.H200, Samples.workload("dense", "bias", numerics));
    int step = 64 / numerics.input().bytes();
    assertRight(family, Samples.mma(32, 32, step, 2, 1, 3, "4", 2));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void cluster_sharesATile_isRight() throws IOException {
    CudaFamily family = new CudaSimt(Samples.H200, Samples.workload("dense", "bias"));
    assertRight(family, Samples.simt(16, 64, 32, 4, 4, 8, 2, "4", 4));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void clusterOfWarpgroups_sharesATile_isRight() throws IOException {
    clusterOfWarpgroups(Samples.FLOAT16);
  }

  @Test
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void clusterOfWarpgroups_otherTypes_isRight() throws IOException {
    for (Numerics numerics : Samples.otherTensorNumerics()) {
      clusterOfWarpgroups(numerics);
    }
  }

  private static void clusterOfWarpgroups(Numerics numerics) throws IOException {
    for (int swap = 0; swap < 2; swap++) {
      CudaFamily family =
          new CudaWgmma(Samples.H200, Samples.workload("batch_matmul_nt", "bias", numerics));
      assertRight(family, Samples.wgmma(swap, 2, 1, 48, 3, 4));
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void blocksThatFetchForEachOther_areRight() throws IOException {
    CudaFamily family =
        new CudaWgmma(Samples.H200, Samples.workload("batch_matmul_nt", "bias", Samples.FLOAT16));
    assertRight(family, Samples.multicast(4, Samples.wgmma(0, 2, 1, 48, 3, 1)));
  }

  @Test
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreBlocksThatFetchForEachOther_areRight() throws IOException {
    for (int swap = 0; swap < 2; swap++) {
      for (MicroKernel kernel :
          List.of(
              Samples.multicast(4, Samples.wgmma(swap, 2, 1, 48, 3, 1)),
              Samples.multicast(8, Samples.wgmma(swap, 1, 1, 24, 2, 1)))) {
        Numerics numerics = Samples.tensorNumerics().get(kernel.get("multicast") == 4 ? 0 : 2);
        assertRight(
            new CudaWgmma(Samples.H200, Samples.workload("batch_matmul_nt", "bias", numerics)),
            kernel);
      }
    }
    assertRight(
        new CudaEmulated(Samples.H200, Samples.workload("dense", "bias", Samples.EMULATED)),
        Samples.multicast(8, Samples.emulated(1, 1, 1, 32, 2, 1)));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void severalTilesOfABlock_areRight() throws IOException {
    CudaFamily family =
        new CudaWgmma(Samples.H200, Samples.workload("batch_matmul_nt", "bias", Samples.FLOAT16));
    assertRight(family, Samples.pingpong(0, 2, 2, 24, 3));
    assertRight(family, Samples.persistent(1, 2, 1, 40, 3));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void severalTilesOfABlock_ofEveryType_areRight(int type) throws IOException {
    Numerics numerics = Samples.tensorNumerics().get(type);
    for (int swap = 0; swap < 2; swap++) {
      CudaFamily family =
          new CudaWgmma(Samples.H200, Samples.workload("batch_matmul_nt", "bias", numerics));
      assertRight(family, Samples.pingpong(swap, 2, 2, 24, 3));
      assertRight(family, Samples.pingpong(swap, 3, 1, 48, 2));
      assertRight(
          family,
          swap == 0 ? Samples.persistent(0, 1, 2, 72, 2) : Samples.persistent(1, 2, 1, 40, 3));
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void warpgroupsThatTakeRegisters_areRight() throws IOException {
    CudaFamily family =
        new CudaWgmma(Samples.H200, Samples.workload("dense", "bias", Samples.FLOAT16));
    takesRegisters(family, Samples.pingpong(1, 2, 2, 136, 2));
    assertTrue(family.isLegal(Samples.wgmma(0, 3, 1, 200, 2, 1)));
    assertFalse(family.isLegal(Samples.wgmma(0, 3, 1, 208, 2, 1)), "ptxas would refuse it");
  }

  @Test
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreWarpgroupsThatTakeRegisters_areRight() throws IOException {
    CudaFamily family =
        new CudaWgmma(Samples.H200, Samples.workload("dense", "bias", Samples.FLOAT16));
    takesRegisters(family, Samples.wgmma(0, 2, 2, 144, 2, 1));
    takesRegisters(family, Samples.persistent(1, 2, 2, 152, 2));
  }

  private static void takesRegisters(CudaFamily family, MicroKernel kernel) throws IOException {
    assertEquals("1", family.constants(kernel).get("WIDE"));
    assertRight(family, kernel);
  }

  /** A meeting of a team less, every tile stored as the first, pieces stored at one place. */
  @ParameterizedTest
  @CsvSource(
      delimiterString = "->",
      value = {
        "FIRST + COUNT < GROUPS || PERSISTENT) team_sync(warp); -> false) {}",
        "store(tile(turn)); -> store(tile(0));",
        "row0 + (SWAP ? 8 * FIRST : first) -> row0 + (SWAP ? 0 : first)"
      })
  @Execution(ExecutionMode.CONCURRENT)
  void severalTilesOfABlock_brokenTemplate_isNoticed(String part, String broken)
      throws IOException {
    CudaFamily family =
        new CudaWgmma(Samples.H200, Samples.workload("dense", "none", Samples.FLOAT16));
    assertNoticed(family, Samples.persistent(1, 1, 1, 72, 2), part, broken);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void emulatedFloat32_isRight() throws IOException {
    CudaFamily family =
        new CudaEmulated(Samples.H200, Samples.workload("dense", "bias+gelu", Samples.EMULATED));
    assertRight(family, Samples.emulated(1, 1, 1, 48, 2, 4));
  }

  /** Random points, then blocks that share a tile; rows that pairs cannot hold are among them. */
  @ParameterizedTest
  @CsvSource({"dense, bias+gelu", "batch_matmul_nt, none", "batch_matmul_nn, bias"})
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreEmulatedFloat32_isRight(String operator, String epilogue) throws IOException {
    CudaFamily family =
        new CudaEmulated(Samples.H200, Samples.workload(operator, epilogue, Samples.EMULATED));
    assertRight(family, small(new SearchSpace(List.of(family)), family, new SplittableRandom()));
    assertRight(family, Samples.emulated(0, 1, 2, 32, 3, 2));
    assertRight(family, Samples.emulated(1, 1, 1, 48, 2, 4));
  }

  @ParameterizedTest
  @CsvSource({"if (gaps) {, if (false) {", "SPLIT_FEW - 1, 0", "x * a[r] * b[s], x * a[r]"})
  @Execution(ExecutionMode.CONCURRENT)
  void emulatedFloat32_brokenTemplate_isNoticed(String part, String broken) throws IOException {
    CudaFamily family =
        new CudaEmulated(Samples.H200, Samples.workload("dense", "none", Samples.EMULATED));
    assertNoticed(family, Samples.emulated(0, 1, 1, 32, 2, 1), part, broken);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void linesOfK_areRight() throws IOException {
    CudaFamily family =
        new CudaWgmma(Samples.H200, Samples.workload("batch_matmul_nn", "bias", Samples.FLOAT16));
    assertRight(family, Samples.wgmma(1, 2, 1, 48, 3, 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreLinesOfK_areRight(int type) throws IOException {
    Numerics numerics = Samples.tensorNumerics().get(type);
    CudaFamily family =
        new CudaWgmma(Samples.H200, Samples.workload("batch_matmul_nn", "bias", numerics));
    for (MicroKernel kernel :
        List.of(
            Samples.wgmma(0, 1, 2, 128, 2, 2),
            Samples.wgmma(1, 2, 1, 48, 3, 1),
            Samples.persistent(1, 1, 1, 80, 2),
            Samples.pingpong(0, 2, 1, 64, 3))) {
      assertRight(family, kernel);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void stagesOfAsynchronousCopies_areRight() throws IOException {
    stagesOfAsynchronousCopies("dense", Samples.simt(32, 32, 32, 4, 4, 8, 3, "2", 2));
  }

  @ParameterizedTest
  @CsvSource({"dense", "batch_matmul_nn"})
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreStagesOfAsynchronousCopies_areRight(String operator) throws IOException {
    stagesOfAsynchronousCopies(operator, Samples.simt(48, 64, 16, 4, 4, 8, 4, "streamK", 2));
    stagesOfAsynchronousCopies(operator, Samples.simt(32, 32, 32, 4, 4, 8, 3, "2", 2));
  }

  private static void stagesOfAsynchronousCopies(String operator, MicroKernel kernel)
      throws IOException {
    CudaFamily family = new CudaSimt(Samples.H200, Samples.workload(operator, "none"));
    assertComputes(family, kernel);
    assertNoticed(family, kernel, "copies_wait<STAGES - 2>()", "copies_wait<STAGES - 1>()");
  }

  private static void assertNoticed(
      CudaFamily family, MicroKernel kernel, String part, String broken) throws IOException {
    String source = source(family, kernel);
    assertTrue(source.contains(part), "the template still has: " + part);
    String output = emulate(family, kernel, source.replace(part, broken)).output();
    assertNotEquals("right", output.strip(), part);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void slicesOfABlock_areRight() throws IOException {
    slicesOfABlock(
        "batch_matmul_nn", Samples.sliced(2, Samples.simt(48, 32, 8, 12, 4, 8, 2, "1", 2)));
  }

  @ParameterizedTest
  @CsvSource({"dense", "batch_matmul_nn"})
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreSlicesOfABlock_areRight(String operator) throws IOException {
    slicesOfABlock(operator, Samples.sliced(2, Samples.simt(48, 32, 8, 12, 4, 8, 2, "1", 2)));
    slicesOfABlock(operator, Samples.sliced(4, Samples.simt(32, 64, 32, 8, 8, 8, 2, "streamK", 1)));
    slicesOfABlock(operator, Samples.sliced(4, Samples.simt(32, 64, 16, 8, 8, 8, 4, "1", 1)));
  }

  private static void slicesOfABlock(String operator, MicroKernel kernel) throws IOException {
    CudaFamily family = new CudaSimt(Samples.H200, Samples.workload(operator, "bias+relu"));
    assertComputes(family, kernel);
    assertNoticed(family, kernel, "i < OTHERS", "i < OTHERS - 1");
    assertNoticed(family, kernel, "if (finishes(v)) slot", "if (v % SLICES == 0) slot");
    assertNoticed(family, kernel, "mine = slice()", "mine = 0");
    assertNoticed(family, kernel, "before = slice() * SLICE_K", "before = 0");
  }

  @Test
  void slices_ofClusters_areNotLegal() {
    CudaFamily family = new CudaSimt(Samples.H200, Samples.workload("batch_matmul_nn", "none"));
    assertTrue(
        family.isLegal(Samples.sliced(2, Samples.simt(64, 64, 8, 8, 8, 8, 4, "streamK", 2))));
    MicroKernel cluster = Samples.simt(64, 64, 8, 8, 8, 8, 4, "2", 2);
    assertTrue(family.isLegal(cluster));
    assertFalse(family.isLegal(Samples.sliced(2, cluster)));
    // two k are no group of four
    assertFalse(family.isLegal(Samples.sliced(4, Samples.simt(64, 64, 8, 8, 8, 8, 4, "1", 2))));
  }

  /** The check itself must notice what it is there for. */
  @ParameterizedTest
  @CsvSource({
    "r < m, r <= m, leaves the output by a row",
    "sums.add(v| load_uncached, sums.add(0| load_uncached, adds partial sums in a wrong place",
    "if (threadIdx.x == 0) flag_raise, if (threadIdx.x == 99999) flag_raise, waits for ever",
    "column ^ ((k / 4 % QUADS) << SWIZZLE_SHIFT), column ^ 0, changes nothing but bank conflicts"
  })
  @Execution(ExecutionMode.CONCURRENT)
  void brokenTemplate_isNoticed(String part, String broken, String how) throws IOException {
    CudaFamily family = new CudaSimt(Samples.H200, Samples.workload("dense", "none"));
    MicroKernel kernel = Samples.simt(32, 64, 16, 4, 8, 8, 2, "streamK", 2);
    String source = source(family, kernel);
    String from = part.replace('|', ',');
    assertTrue(source.contains(from), "the template still has: " + from);
    Subprocess.Result result =
        emulate(family, kernel, source.replace(from, broken.replace('|', ',')));
    boolean right = result.output().strip().equals("right");
    assertEquals(how.startsWith("changes nothing"), right, how + ": " + result.output());
  }

  private static MicroKernel small(SearchSpace space, CudaFamily family, SplittableRandom random) {
    MicroKernel kernel = space.sample(random);
    while (family.launch(kernel).threads() > MOST_THREADS) {
      kernel = space.sample(random);
    }
    return kernel;
  }

  private static String source(CudaFamily family, MicroKernel kernel) {
    return family.source(kernel).files().get("candidate.cu");
  }

  private static Subprocess.Result emulate(CudaFamily family, MicroKernel kernel, String source)
      throws IOException {
    Path work = Files.createTempDirectory(folder, "kernel");
    String test = family.template().replaceAll(".*/(.*)\\.cu", "$1.cpp");
    for (String file :
        List.of(
            "emulator.h",
            "emulator_matrix.h",
            "emulator_hopper.h",
            "check.h",
            "check_tiles.h",
            test)) {
      Files.writeString(work.resolve(file), Template.resource(CudaEmulationTest.class, file));
    }
    Files.writeString(work.resolve("candidate.cu"), source);
    Subprocess.Result compiled =
        Subprocess.run(
            List.of("g++", "-O1", "-std=c++17", "-w", "-o", "emulated", test), work, DEADLINE);
    assertEquals(0, compiled.exitCode(), compiled.output());
    return Subprocess.run(List.of(work.resolve("emulated").toString()), work, DEADLINE);
  }
}
