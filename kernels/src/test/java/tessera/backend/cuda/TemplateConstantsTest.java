package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.backend.cuda.family.CudaEmulated;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.CudaWgmma;
import tessera.backend.cuda.tile.CudaTile;
import tessera.backend.cuda.tile.WgmmaTile;
import tessera.compile.Subprocess;
import tessera.compile.Template;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.microkernel.TypedFamily;
import tessera.operator.Numerics;
import tessera.workload.Workload;

/**
 * What a template derives from its constants and Java computes too: tiles, threads and shared bytes
 * of random points of each family, compared by g++ as it compiles the template.
 */
final class TemplateConstantsTest {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final int POINTS = 2;

  @TempDir private static Path folder;

  @BeforeAll
  static void needsACompiler() {
    assumeTrue(EmulatedGpu.isPossible(), "g++ is not installed, so no template can be compiled");
  }

  @ParameterizedTest
  @CsvSource({"dense, float32", "batch_matmul_nn, float32", "dense, float16"})
  void derivedConstants_ofRandomPoints_areJavas(String operator, String type) throws IOException {
    Numerics numerics = type.equals("float32") ? Numerics.FLOAT32 : Samples.FLOAT16;
    for (CudaFamily family :
        CudaFamily.of(Samples.H200, Samples.workload(operator, "none", numerics))) {
      assertAlike(family);
    }
  }

  @Test
  void derivedConstants_ofLinesOfK_areJavas() throws IOException {
    Workload workload = Samples.workload("batch_matmul_nn", "none", Samples.FLOAT16);
    assertAlike(new CudaWgmma(Samples.H200, workload));
  }

  @Test
  void derivedConstants_ofPairs_areJavas() throws IOException {
    Workload workload = Samples.workload("dense", "none", Samples.EMULATED);
    assertAlike(new CudaEmulated(Samples.H200, workload));
  }

  @Test
  void derivedConstant_thatDiffers_isNoticed() throws IOException {
    CudaFamily family = CudaFamily.of(Samples.H200, Samples.workload("dense", "none")).get(0);
    MicroKernel kernel = new SearchSpace(List.of(family)).sample(new SplittableRandom());
    int threads = tile(family, kernel).threads();
    Subprocess.Result result =
        compiled(family, kernel, "static_assert(KNOWN_THREADS == " + (threads + 32) + ", \"\");\n");
    assertNotEquals(0, result.exitCode());
  }

  private static void assertAlike(CudaFamily family) throws IOException {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    SearchSpace space = new SearchSpace(List.of(family));
    for (int point = 0; point < POINTS; point++) {
      MicroKernel kernel = space.sample(random);
      Subprocess.Result result = compiled(family, kernel, assertions(tile(family, kernel)));
      assertEquals(
          0,
          result.exitCode(),
          () -> family.label(kernel) + " seed " + seed + "\n" + result.output());
    }
  }

  private static CudaTile tile(CudaFamily family, MicroKernel kernel) {
    return (CudaTile) ((TypedFamily<?>) family).tile(kernel);
  }

  private static String assertions(CudaTile tile) {
    Stream<String> all =
        Stream.of(
            assertion("KNOWN_TILE_M", tile.blockM()),
            assertion("KNOWN_TILE_N", tile.blockN()),
            assertion("KNOWN_TILE_K", tile.blockK()),
            assertion("KNOWN_THREADS", tile.threads()),
            assertion("KNOWN_SHARED_BYTES", tile.sharedBytes()));
    Stream<String> boxes =
        tile instanceof WgmmaTile mapped
            ? Stream.of(
                assertion("BOX_A", mapped.boxLinesOfA()), assertion("BOX_B", mapped.boxLinesOfB()))
            : Stream.empty();
    return String.join("", Stream.concat(all, boxes).toList());
  }

  private static String assertion(String constant, int value) {
    return "static_assert(" + constant + " == " + value + ", \"" + constant + "\");\n";
  }

  private static Subprocess.Result compiled(CudaFamily family, MicroKernel kernel, String asserted)
      throws IOException {
    Path work = Files.createTempDirectory(folder, "kernel");
    for (String file : List.of("emulator.h", "emulator_matrix.h", "emulator_hopper.h")) {
      Files.writeString(work.resolve(file), Template.resource(TemplateConstantsTest.class, file));
    }
    String source = family.source(kernel).files().get("candidate.cu");
    Files.writeString(work.resolve("test.cpp"), "#include \"emulator.h\"\n" + source + asserted);
    return Subprocess.run(
        List.of("g++", "-fsyntax-only", "-std=c++17", "-w", "test.cpp"), work, DEADLINE);
  }
}
