package tessera.backend.cuda;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import tessera.UserError;
import tessera.backend.LibraryBuilder;
import tessera.backend.cuda.compile.CudaTemplates;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaFamily;
import tessera.compile.ArtifactCache;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.compile.SourceUnit;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.operator.Axis;
import tessera.runtime.ProgramSource;
import tessera.workload.Workload;

/**
 * The C library of a CUDA bundle: cubins embedded, with PTX for newer GPUs where all templates can
 * be compiled to it, and the driver loaded where it runs.
 *
 * <p>A call enqueues one launch, or two, and may be captured in a graph; the first one loads the
 * kernel and allocates room for partial sums.
 */
final class CudaLibrary implements LibraryBuilder {
  static final List<String> FLAGS =
      List.of(
          "-O2", "-std=gnu11", "-fPIC", "-shared", "-w", "-fvisibility=hidden", "-Wl,-Bsymbolic");
  private static final int LINE = 120;

  private final CudaTarget target;
  private final Builder cuda;
  private final Builder c;

  /**
   * @param cuda makes cubins
   * @param c makes the shared library
   */
  CudaLibrary(CudaTarget target, Builder cuda, Builder c) {
    this.target = target;
    this.cuda = cuda;
    this.c = c;
  }

  @Override
  public Map<String, byte[]> build(
      Workload workload,
      List<MicroKernel> kernels,
      List<LaunchPlan> plans,
      List<DecisionTree> dispatch,
      String id) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    boolean portable =
        kernels.stream().allMatch(kernel -> CudaFamily.of(target, workload, kernel).isPortable());
    StringBuilder text =
        new StringBuilder("/* Made by Tessera for " + target.model() + ". Compile with: cc ")
            .append(String.join(" ", FLAGS))
            .append(
                String.format(
                    Locale.ROOT,
                    """
                 -o libtessera.so FILE -ldl -lpthread */
                #define _GNU_SOURCE
                #include <dlfcn.h>
                #include <stdint.h>
                #include "tessera.h"

                enum { PROGRAM_CAPABILITY = %d, PROGRAM_PORTABLE = %d };
                enum { PROGRAM_BATCH = %d, PROGRAM_N = %d, PROGRAM_K = %d };

                """,
                    target.capability(),
                    portable ? 1 : 0,
                    workload.staticExtent(Axis.BATCH),
                    workload.staticExtent(Axis.N),
                    workload.staticExtent(Axis.K)))
            .append(LaunchLine.declaration())
            .append(CudaTemplates.expanded("library/kernel.h"))
            .append('\n');
    StringBuilder table =
        new StringBuilder("\nstatic const tessera_kernel tessera_kernels[] = {\n");
    List<byte[]> cubins = artifacts(workload, kernels, CudaFamily::source);
    List<byte[]> ptx = portable ? artifacts(workload, kernels, CudaFamily::portable) : List.of();
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < kernels.size(); i++) {
      MicroKernel kernel = kernels.get(i);
      CudaFamily family = CudaFamily.of(target, workload, kernel);
      labels.add(family.label(kernel));
      files.put(
          "kernels/" + family.label(kernel) + ".cu",
          ProgramSource.bytes(family.source(kernel).files().get("candidate.cu")));
      files.put("kernels/" + family.label(kernel) + ".cubin", cubins.get(i));
      text.append(literal("cubin_" + i, cubins.get(i)))
          .append(literal("ptx_" + i, portable ? ptx.get(i) : new byte[0]));
      table.append(line(family, kernel, i));
    }
    ProgramSource program = new ProgramSource(workload);
    String source =
        program.text(
            text.append(table).append("};\n").toString(),
            LaunchPlan.toC(plans, labels),
            dispatch,
            CudaTemplates.expanded("library/program.c"),
            id,
            target.deviceKey());
    files.putAll(program.files(source, dispatch.get(0), c, FLAGS));
    return files;
  }

  /** Built beside each other. */
  private List<byte[]> artifacts(
      Workload workload,
      List<MicroKernel> kernels,
      BiFunction<CudaFamily, MicroKernel, SourceUnit> source) {
    return kernels.parallelStream()
        .map(
            kernel -> {
              CudaFamily family = CudaFamily.of(target, workload, kernel);
              return artifact(source.apply(family, kernel), family.label(kernel));
            })
        .toList();
  }

  private byte[] artifact(SourceUnit source, String label) {
    BuildResult built = cuda.build(source);
    return ArtifactCache.read(
        built
            .artifact()
            .orElseThrow(
                () ->
                    new UserError(
                        "micro-kernel " + label + " does not compile: " + built.message())));
  }

  private static String line(CudaFamily family, MicroKernel kernel, int index) {
    String line = LaunchLine.toC(LaunchLine.of(family, kernel));
    return String.format(Locale.ROOT, "    {cubin_%d, ptx_%d, %s},\n", index, index, line);
  }

  /**
   * Bytes as a C string, text as text, and what is no text as its shortest octal number, since
   * nearly half of a cubin is zeros; C adds the zero that ends PTX.
   */
  private static String literal(String name, byte[] bytes) {
    StringBuilder text =
        new StringBuilder(
            "static const char " + name + "[] __attribute__((aligned(16))) =\n    \"");
    int column = 0;
    for (int i = 0; i < bytes.length; i++) {
      byte value = bytes[i];
      if (value == '\n' || column >= LINE) {
        text.append(value == '\n' ? "\\n\"\n    \"" : "\"\n    \"");
        column = 0;
      }
      if (value >= ' ' && value <= '~' && "\"\\?".indexOf(value) < 0) {
        text.append((char) value);
        column++;
      } else if (value != '\n') {
        boolean digit = i + 1 < bytes.length && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
        text.append(String.format(Locale.ROOT, digit ? "\\%03o" : "\\%o", value & 0xff));
        column += 4;
      }
    }
    return text.append("\";\n").toString();
  }
}
