package tessera.backend.cuda.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.UserError;
import tessera.backend.cuda.RealGpu;
import tessera.backend.cuda.Samples;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaEmulated;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.CudaMma;
import tessera.backend.cuda.family.CudaRows;
import tessera.backend.cuda.family.CudaSimt;
import tessera.backend.cuda.family.CudaSkinny;
import tessera.backend.cuda.family.CudaWgmma;
import tessera.compile.BuildResult;
import tessera.compile.SourceUnit;
import tessera.compile.Subprocess;
import tessera.microkernel.MicroKernel;
import tessera.operator.Numerics;
import tessera.workload.Workload;

/** Compiles for GPUs that need not be there. */
final class CudaCompilerTest {
  @TempDir private Path folder;

  private static CudaCompiler required(Optional<CudaCompiler> compiler, String name) {
    assumeTrue(
        compiler.isPresent(), name + " is not installed, so nothing can be compiled for GPUs");
    return compiler.orElseThrow();
  }

  private void noSpills(CudaCompiler compiler, CudaTarget target, MicroKernel kernel)
      throws IOException {
    for (Workload workload :
        List.of(Samples.bertDense(), Samples.workload("batch_matmul_nn", "bias"))) {
      Optional<CudaFamily> family =
          CudaFamily.of(target, workload).stream()
              .filter(f -> f.name().equals(kernel.family()))
              .findFirst();
      if (family.isPresent()) {
        noSpills(compiler, family.get(), kernel);
      }
    }
  }

  private static void noSpills(CudaCompiler compiler, CudaFamily family, MicroKernel kernel)
      throws IOException {
    if (family.isLegal(kernel)) {
      String label = family.label(kernel);
      BuildResult built = compiler.build(family.source(kernel));
      assertEquals(BuildResult.Status.OK, built.status(), () -> label + ": " + built.message());
      CudaResources resources = CudaCompiler.resources(built.artifact().orElseThrow());
      assertEquals(0, resources.spillBytes(), label);
      assertTrue(resources.registers() > 16, label);
    }
  }

  /** One of each template for each architecture. */
  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void nvcc_aGoodPointOfEachTemplate_compilesForAmpereAndHopperWithoutSpills() throws IOException {
    CudaCompiler compiler = required(CudaCompiler.nvcc(folder), "nvcc");
    Workload float16 = Samples.workload("dense", "bias", Samples.FLOAT16);
    for (CudaTarget target : List.of(Samples.A100, Samples.H200)) {
      CudaFamily simt = new CudaSimt(target, Samples.bertDense());
      CudaFamily rows = new CudaRows(target, Samples.attentionValues());
      CudaFamily skinny = new CudaSkinny(target, Samples.bertDense());
      CudaFamily mma = new CudaMma(target, float16);
      built(compiler, simt, Samples.simt(64, 64, 16, 8, 4, 8, 2, "1", 3));
      built(compiler, rows, Samples.rows(24, 64, 16, 6, 8, 8, 2, 2, 4));
      built(compiler, skinny, Samples.skinny(4, 4, 8, 4, 2, 2));
      built(compiler, mma, Samples.mma(128, 128, 32, 2, 4, 4, "streamK", 1));
    }
    CudaFamily wgmma = new CudaWgmma(Samples.H200, float16);
    CudaFamily emulated =
        new CudaEmulated(Samples.H200, Samples.workload("dense", "bias", Samples.EMULATED));
    built(compiler, wgmma, Samples.wgmma(1, 2, 2, 96, 4, 1));
    built(compiler, emulated, Samples.emulated(0, 3, 1, 96, 6, 1));
  }

  private static void built(CudaCompiler compiler, CudaFamily family, MicroKernel kernel)
      throws IOException {
    assertTrue(family.isLegal(kernel), family.label(kernel));
    noSpills(compiler, family, kernel);
  }

  @Test
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void nvcc_goodPoints_compileForAmpereAndHopperWithoutSpills() throws IOException {
    CudaCompiler compiler = required(CudaCompiler.nvcc(folder), "nvcc");
    for (CudaTarget target : List.of(Samples.A100, Samples.H200)) {
      for (MicroKernel kernel :
          List.of(
              Samples.simt(192, 128, 16, 12, 8, 8, 2, "streamK", 1),
              Samples.simt(64, 64, 16, 8, 4, 8, 2, "1", 3),
              Samples.simt(16, 64, 32, 4, 4, 8, 2, "4", 4),
              Samples.simt(64, 64, 16, 8, 4, 16, 5, "1", 4),
              Samples.sliced(2, Samples.simt(64, 64, 16, 8, 8, 8, 5, "1", 2)),
              Samples.sliced(4, Samples.simt(32, 64, 32, 8, 8, 8, 2, "1", 2)),
              Samples.skinny(4, 4, 8, 4, 2, 2))) {
        noSpills(compiler, target, kernel);
      }
    }
  }

  @Test
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void nvcc_goodPointsForAttention_compileForAmpereAndHopperWithoutSpills() throws IOException {
    CudaCompiler compiler = required(CudaCompiler.nvcc(folder), "nvcc");
    for (CudaTarget target : List.of(Samples.A100, Samples.H200)) {
      CudaFamily scores = new CudaRows(target, Samples.workload("batch_matmul_nt", "none"));
      CudaFamily values = new CudaRows(target, Samples.attentionValues());
      noSpills(compiler, scores, Samples.rows(16, 96, 16, 4, 12, 8, 1, 2, 2));
      noSpills(compiler, scores, Samples.rows(64, 64, 16, 8, 8, 8, 1, 2, 4));
      noSpills(compiler, values, Samples.rows(24, 64, 16, 6, 8, 8, 2, 2, 4));
      noSpills(compiler, values, Samples.rows(56, 64, 32, 7, 8, 8, 2, 2, 3));
      noSpills(compiler, values, Samples.rows(52, 64, 16, 13, 4, 16, 2, 3, 2));
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void nvcc_alignedOutput_isStoredByVectors() throws IOException {
    CudaCompiler compiler = required(CudaCompiler.nvcc(folder), "nvcc");
    for (Workload workload : List.of(Samples.bertDense(), Samples.attentionValues())) {
      for (int stages : List.of(2, 4)) {
        storesVectors(
            compiler,
            new CudaSimt(Samples.H200, workload),
            Samples.simt(64, 64, 16, 8, 4, 8, stages, "1", 2));
      }
    }
    storesVectors(
        compiler,
        new CudaRows(Samples.H200, Samples.attentionValues()),
        Samples.rows(64, 64, 32, 8, 8, 8, 2, 2, 2));
  }

  private static void storesVectors(CudaCompiler compiler, CudaFamily family, MicroKernel kernel)
      throws IOException {
    BuildResult built = compiler.build(family.portable(kernel));
    String ptx = Files.readString(built.artifact().orElseThrow());
    int begin = ptx.indexOf(".entry " + CudaFamily.SYMBOL + "_aligned");
    int end = ptx.indexOf(".entry", begin + 1);
    String aligned = ptx.substring(begin, end < 0 ? ptx.length() : end);
    assertTrue(aligned.contains("st.global.v4.f32"), family.label(kernel));
    assertFalse(aligned.contains("st.global.f32"), family.label(kernel));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void nvcc_goodPointsOfTensorCores_compileForAmpereAndHopperWithoutSpills(int type)
      throws IOException {
    CudaCompiler compiler = required(CudaCompiler.nvcc(folder), "nvcc");
    Numerics numerics = Samples.tensorNumerics().get(type);
    int step = 64 / numerics.input().bytes();
    for (CudaTarget target : List.of(Samples.A100, Samples.H200)) {
      for (String operator : List.of("dense", "batch_matmul_nn")) {
        CudaFamily family = new CudaMma(target, Samples.workload(operator, "bias", numerics));
        noSpills(compiler, family, Samples.mma(128, 128, step, 2, 4, 4, "streamK", 1));
        noSpills(compiler, family, Samples.mma(16, 64, 2 * step, 1, 2, 4, "4", 2));
      }
    }
    CudaFamily family = new CudaWgmma(Samples.H200, Samples.workload("dense", "bias", numerics));
    noSpills(compiler, family, Samples.wgmma(1, 1, 1, 32, 12, 4));
    noSpills(compiler, family, Samples.wgmma(0, 2, 1, 184, 3, 1));
    noSpills(compiler, family, Samples.wgmma(1, 2, 2, 96, 4, 1));
    noSpills(compiler, family, Samples.pingpong(0, 2, 2, 64, 8));
    noSpills(compiler, family, Samples.persistent(0, 2, 1, 176, 3));
    noSpills(compiler, family, Samples.persistent(1, 2, 2, 160, 2));
    noSpills(compiler, family, Samples.pingpong(1, 2, 2, 128, 2));
    noSpills(compiler, family, Samples.wgmma(0, 3, 1, 200, 2, 1));
    noSpills(compiler, family, Samples.multicast(4, Samples.wgmma(0, 1, 1, 112, 9, 1)));
  }

  @Test
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void nvcc_goodPointsOfColumnsAndPairs_compileForHopperWithoutSpills() throws IOException {
    CudaCompiler compiler = required(CudaCompiler.nvcc(folder), "nvcc");
    Workload columns = Samples.workload("batch_matmul_nn", "bias", Samples.FLOAT16);
    noSpills(compiler, new CudaWgmma(Samples.H200, columns), Samples.wgmma(0, 2, 1, 64, 6, 1));
    for (String operator : List.of("dense", "batch_matmul_nn")) {
      CudaFamily family =
          new CudaEmulated(Samples.H200, Samples.workload(operator, "bias", Samples.EMULATED));
      noSpills(compiler, family, Samples.emulated(0, 3, 1, 96, 6, 1));
      noSpills(compiler, family, Samples.emulated(0, 1, 1, 192, 4, 1));
      noSpills(compiler, family, Samples.emulated(1, 1, 1, 32, 8, 4));
    }
  }

  /**
   * Descriptors stay in uniform registers and one lane alone fetches: each of these instructions in
   * a loop costs up to a quarter of its speed.
   */
  @Test
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void nvcc_loopsOfWarpgroups_copyNoRegistersAndLoopOverNoLanes() throws IOException {
    CudaCompiler compiler = required(CudaCompiler.nvcc(folder), "nvcc");
    Optional<String> disassembler =
        Stream.of("cuobjdump", "/usr/local/cuda/bin/cuobjdump").filter(RealGpu::canRun).findFirst();
    assumeTrue(disassembler.isPresent(), "cuobjdump is not installed, so no SASS can be read");
    CudaFamily plain = new CudaWgmma(Samples.H200, Samples.bertDense(Samples.FLOAT16));
    CudaFamily emulated = new CudaEmulated(Samples.H200, Samples.bertDense(Samples.EMULATED));
    for (MicroKernel kernel :
        List.of(
            Samples.wgmma(1, 2, 1, 96, 8, 1),
            Samples.wgmma(0, 1, 2, 128, 4, 1),
            Samples.wgmma(1, 2, 1, 184, 5, 1),
            Samples.wgmma(0, 2, 1, 72, 7, 1),
            Samples.pingpong(0, 2, 2, 96, 6),
            Samples.persistent(1, 2, 2, 120, 4),
            Samples.persistent(0, 2, 1, 192, 4),
            Samples.persistent(1, 2, 2, 184, 3),
            Samples.pingpong(1, 2, 2, 160, 4),
            Samples.pingpong(1, 2, 2, 104, 5),
            Samples.pingpong(1, 2, 2, 128, 4),
            Samples.multicast(4, Samples.wgmma(0, 1, 1, 112, 9, 1)),
            Samples.multicast(8, Samples.wgmma(1, 1, 1, 96, 10, 1)),
            Samples.emulated(1, 2, 1, 64, 9, 1),
            Samples.emulated(0, 2, 1, 96, 8, 1))) {
      CudaFamily family = kernel.family().equals(emulated.name()) ? emulated : plain;
      Path cubin = compiler.build(family.source(kernel)).artifact().orElseThrow();
      List<String> command =
          List.of(
              disassembler.get(), "-sass", "-fun", "tessera_candidate_aligned", cubin.toString());
      String sass = Subprocess.run(command, folder, Duration.ofSeconds(60)).output();
      assertTrue(
          sass.contains("UTMALDG"), () -> family.label(kernel) + " does not fetch by tensor maps");
      String loop = sass.substring(sass.indexOf("HGMMA"), sass.lastIndexOf("HGMMA"));
      assertFalse(loop.contains("R2UR"), family.label(kernel));
      assertFalse(sass.contains("BRA.U.ANY"), family.label(kernel));
      /* sums are rounded once all have come */
      int waits = sass.lastIndexOf("WARPGROUP.DEPBAR.LE gsb0, 0x0");
      assertTrue(waits > sass.indexOf("HGMMA"), family.label(kernel));
      assertFalse(
          sass.substring(sass.indexOf("HGMMA"), waits).contains("F2FP"), family.label(kernel));
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void nvrtc_goodPoint_compilesWithoutSpills() throws IOException {
    CudaCompiler compiler = required(CudaCompiler.nvrtc(folder), "NVRTC");
    assertTrue(compiler.version().startsWith("NVRTC "), compiler.version());
    noSpills(compiler, Samples.H200, Samples.simt(192, 128, 16, 12, 8, 8, 2, "streamK", 1));
    noSpills(compiler, Samples.H200, Samples.simt(64, 64, 16, 8, 4, 16, 5, "1", 4));
    noSpills(compiler, Samples.H200, Samples.simt(16, 64, 32, 4, 4, 8, 2, "4", 4));
    noSpills(compiler, Samples.H200, Samples.skinny(8, 2, 8, 4, 2, 2));
    Workload workload = Samples.workload("dense", "bias", Samples.FLOAT16);
    noSpills(
        compiler,
        new CudaMma(Samples.H200, workload),
        Samples.mma(128, 128, 32, 2, 4, 4, "streamK", 1));
    noSpills(compiler, new CudaWgmma(Samples.H200, workload), Samples.wgmma(0, 2, 1, 192, 3, 1));
  }

  /** NVRTC, unlike nvcc, takes no function that is not the device's. */
  @Test
  void templates_haveNoFunctionOfTheHost() {
    Pattern unmarked =
        Pattern.compile(
            "(?m)^\\s*(?:static |inline |constexpr )*\\w+ \\w+\\([^;{]*\\) (?:const )?\\{");
    assertTrue(unmarked.matcher("constexpr int f(int x) { return x; }").find());
    for (String template :
        List.of(
            "simt/simt.cu",
            "rows/rows.cu",
            "skinny/skinny.cu",
            "mma/mma.cu",
            "wgmma/wgmma.cu",
            "verify/verify.cu")) {
      String text = CudaTemplates.expanded(template);
      Matcher found = unmarked.matcher(text);
      assertFalse(found.find(), () -> template + ": " + found.group());
      assertTrue(text.contains("TESSERA_DEVICE"), template);
    }
  }

  @Test
  void families_withoutTheInstructions_areRefusedInASentence() {
    Workload workload = Samples.workload("dense", "none", Samples.EMULATED);
    UserError error = assertThrows(UserError.class, () -> CudaFamily.of(Samples.A100, workload));
    assertTrue(error.getMessage().contains("leave the precision out here"), error.getMessage());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void nvcc_portable_makesPtx() throws IOException {
    portable(required(CudaCompiler.nvcc(folder), "nvcc"));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void nvrtc_portable_makesPtx() throws IOException {
    portable(required(CudaCompiler.nvrtc(folder), "NVRTC"));
  }

  private static void portable(CudaCompiler compiler) throws IOException {
    CudaFamily family = new CudaSimt(Samples.H200, Samples.bertDense());
    MicroKernel kernel = Samples.simt(16, 64, 8, 4, 4, 8, 2, "2", 4);
    BuildResult built = compiler.build(family.portable(kernel));
    assertEquals(BuildResult.Status.OK, built.status(), built.message());
    String ptx = Files.readString(built.artifact().orElseThrow());
    assertTrue(ptx.contains(".target sm_90") && !ptx.contains("sm_90a"), ptx.substring(0, 400));
    assertTrue(ptx.contains("tessera_candidate_any") && ptx.indexOf('\0') < 0);
  }

  @Test
  void build_faultySource_failsWithTheCompilersWords() {
    CudaCompiler compiler = required(CudaCompiler.nvcc(folder), "nvcc");
    BuildResult built = compiler.build(unit("__global__ void f() { undeclared = 1; }\n"));
    assertEquals(BuildResult.Status.FAILED, built.status());
    assertTrue(built.message().contains("undeclared"), built.message());
  }

  @Test
  void build_beyondTheDeadline_isStopped() {
    CudaCompiler compiler =
        required(CudaCompiler.nvcc(folder), "nvcc").withDeadline(Duration.ofMillis(1));
    BuildResult built = compiler.build(unit("__global__ void f() {}\n"));
    assertEquals(BuildResult.Status.TIMEOUT, built.status());
  }

  private static SourceUnit unit(String text) {
    return new SourceUnit("fault.cu", Map.of("fault.cu", text), CudaCompiler.flags("sm_80"));
  }
}
