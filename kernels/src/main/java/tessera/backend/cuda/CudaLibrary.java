package tessera.backend.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.compile.Template;
import tessera.dispatch.DecisionTree;
import tessera.hardware.CudaTarget;
import tessera.microkernel.Grid;
import tessera.microkernel.MicroKernel;
import tessera.runtime.LibraryBuilder;
import tessera.runtime.ProgramSource;
import tessera.workload.GemmShape;
import tessera.workload.UserError;
import tessera.workload.Workload;

/**
 * The C library of a CUDA bundle: cubins embedded, the driver loaded where it runs.
 *
 * <p>A call enqueues one launch and may be captured in a graph once its kernel has been called on
 * the stream; the first call loads the kernel and allocates room for partial sums.
 */
public final class CudaLibrary implements LibraryBuilder {
  private static final List<String> FLAGS =
      List.of(
          "-O2", "-std=gnu11", "-fPIC", "-shared", "-w", "-fvisibility=hidden", "-Wl,-Bsymbolic");
  private static final int BYTES_A_LINE = 24;

  private final CudaTarget target;
  private final Builder cuda;
  private final Builder c;

  /**
   * @param cuda makes cubins
   * @param c makes the shared library
   */
  public CudaLibrary(CudaTarget target, Builder cuda, Builder c) {
    this.target = target;
    this.cuda = cuda;
    this.c = c;
  }

  @Override
  public Map<String, byte[]> build(
      Workload workload, List<MicroKernel> kernels, DecisionTree dispatch, String id) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    StringBuilder text =
        new StringBuilder("/* Made by Tessera for " + target.model() + ". Compile with: cc ")
            .append(String.join(" ", FLAGS))
            .append(
                """
                 -o libtessera.so FILE -ldl -lpthread */
                #define _GNU_SOURCE
                #include <dlfcn.h>
                #include <stdint.h>
                #include "tessera.h"

                typedef struct {
                  int64_t batch, m, n, k;
                } tessera_gemm;

                typedef struct {
                  const char *name;
                  const unsigned char *cubin;
                  int tile_m, tile_n, block_k, threads, shared_bytes, share, even, slots;
                } tessera_kernel;

                """);
    StringBuilder table =
        new StringBuilder("\nstatic const tessera_kernel tessera_kernels[] = {\n");
    for (int i = 0; i < kernels.size(); i++) {
      MicroKernel kernel = kernels.get(i);
      CudaFamily family = CudaFamily.of(target, workload, kernel);
      byte[] cubin = cubin(family, kernel);
      files.put(
          "kernels/" + family.label(kernel) + ".cu",
          ProgramSource.bytes(family.source(kernel).files().get("candidate.cu")));
      files.put("kernels/" + family.label(kernel) + ".cubin", cubin);
      text.append(array("cubin_" + i, cubin));
      table.append(line(family, kernel, i));
    }
    ProgramSource program = new ProgramSource(workload);
    String source =
        program.text(
            text.append(table).append("};\n").toString(),
            dispatch,
            Template.resource(CudaLibrary.class, "program.c"),
            id,
            target.deviceKey());
    files.putAll(program.files(source, dispatch, c, FLAGS));
    return files;
  }

  private byte[] cubin(CudaFamily family, MicroKernel kernel) {
    BuildResult built = cuda.build(family.source(kernel));
    try {
      return Files.readAllBytes(
          built
              .artifact()
              .orElseThrow(
                  () ->
                      new UserError(
                          "micro-kernel "
                              + family.label(kernel)
                              + " does not compile: "
                              + built.message())));
    } catch (IOException e) {
      throw new UncheckedIOException("the build cache cannot be read", e);
    }
  }

  /** What program.c needs to launch a micro-kernel. */
  private static String line(CudaFamily family, MicroKernel kernel, int index) {
    Grid grid = (Grid) family.tiling(kernel);
    Launch launch = family.launch(kernel, new GemmShape(1, 1, 1, 1));
    return "    {\"%s\", cubin_%d, %d, %d, %d, %d, %d, %d, %d, %d},\n"
        .formatted(
            family.label(kernel),
            index,
            grid.tileM(),
            grid.tileN(),
            grid.reduction().grain(),
            launch.threads(),
            launch.sharedBytes(),
            grid.even() ? Grid.MOST_SHARE : grid.share(),
            grid.even() ? 1 : 0,
            grid.slots());
  }

  private static String array(String name, byte[] bytes) {
    StringBuilder text =
        new StringBuilder(
            "static const unsigned char " + name + "[] __attribute__((aligned(16))) = {");
    for (int i = 0; i < bytes.length; i++) {
      text.append(i % BYTES_A_LINE == 0 ? "\n    " : " ").append(bytes[i] & 0xff).append(',');
    }
    return text.append("\n};\n").toString();
  }
}
