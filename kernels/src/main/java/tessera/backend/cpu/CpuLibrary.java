package tessera.backend.cpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tessera.compile.BuildResult;
import tessera.compile.SourceUnit;
import tessera.compile.Template;
import tessera.dispatch.DecisionTree;
import tessera.microkernel.MicroKernel;
import tessera.runtime.Bundle;
import tessera.runtime.LibraryBuilder;
import tessera.workload.Axis;
import tessera.workload.Expression;
import tessera.workload.UserError;
import tessera.workload.Workload;

/**
 * The C library of a CPU bundle: micro-kernels, dispatcher and run-time in one source file, and
 * compiled.
 */
public final class CpuLibrary implements LibraryBuilder {
  private final CpuBackend backend;

  public CpuLibrary(CpuBackend backend) {
    this.backend = backend;
  }

  @Override
  public Map<String, byte[]> build(
      Workload workload, List<MicroKernel> kernels, DecisionTree dispatch, String id) {
    String source = source(workload, kernels, dispatch, id);
    String header = Template.resource(Bundle.class, "tessera.h");
    String name = "tessera_" + workload.name().replaceAll("\\W", "_") + ".c";
    List<String> flags = new ArrayList<>(CpuCompiler.FLAGS);
    // its threads run its code until the process ends, so it is never unloaded
    flags.addAll(List.of("-fvisibility=hidden", "-Wl,-Bsymbolic", "-Wl,-z,nodelete"));
    BuildResult built =
        backend
            .compiler()
            .build(new SourceUnit(name, Map.of(name, source, "tessera.h", header), flags));
    if (built.artifact().isEmpty()) {
      throw new UserError("the bundle's C library does not compile: " + built.message());
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (MicroKernel kernel : kernels) {
      CpuFamily family = CpuFamily.of(backend.target(), workload, kernel);
      files.put(
          "kernels/" + family.label(kernel) + ".c",
          bytes(family.instantiation(kernel, CpuFamily.SYMBOL)));
    }
    files.put("tessera.h", bytes(header));
    files.put(name, bytes(source));
    files.put("tessera.py", bytes(Template.resource(Bundle.class, "tessera.py")));
    files.put("dispatch.c", bytes(dispatch.toC()));
    files.put(Bundle.LIBRARY, read(built));
    return files;
  }

  private String source(
      Workload workload, List<MicroKernel> kernels, DecisionTree dispatch, String id) {
    StringBuilder text =
        new StringBuilder(
                "/* Made by Tessera for " + backend.target().model() + ". Compile with: cc ")
            .append(String.join(" ", CpuCompiler.FLAGS))
            .append(" -o libtessera.so FILE -ldl -lm -lpthread */\n")
            .append(Template.resource(CpuLibrary.class, "threads.h"))
            .append("#include \"tessera.h\"\n");
    for (int i = 0; i < kernels.size(); i++) {
      CpuFamily family = CpuFamily.of(backend.target(), workload, kernels.get(i));
      text.append('\n').append(family.instantiation(kernels.get(i), "kernel_" + i));
    }
    text.append("\nstatic const tessera_gemm_kernel *const tessera_kernels[] = {");
    for (int i = 0; i < kernels.size(); i++) {
      text.append(i == 0 ? "" : ", ").append("&kernel_").append(i);
    }
    text.append("};\n\n")
        .append(dispatch.toC())
        .append('\n')
        .append(describe(workload))
        .append(constants(workload, id));
    return text.append(Template.resource(Bundle.class, "bundle.c")).toString();
  }

  private static String describe(Workload workload) {
    StringBuilder text =
        new StringBuilder(
            "static void describe(const int64_t *shape, tessera_gemm *g) {\n  (void)shape;\n");
    for (Axis axis : Axis.values()) {
      Expression expression = workload.extents().getOrDefault(axis, new Expression.Constant(1));
      String value = expression.print(name -> "shape[" + workload.variables().indexOf(name) + "]");
      text.append("  g->")
          .append(axis == Axis.BATCH ? "batch" : axis.key())
          .append(" = ")
          .append(value)
          .append(";\n");
    }
    return text.append("}\n\n").toString();
  }

  private String constants(Workload workload, String id) {
    StringBuilder variables = new StringBuilder();
    workload.variables().forEach(name -> variables.append('"').append(name).append("\", "));
    Map<String, String> constants = new LinkedHashMap<>();
    constants.put("PROGRAM_ID", '"' + id + '"');
    constants.put("PROGRAM_DEVICE", '"' + backend.target().deviceKey() + '"');
    constants.put("PROGRAM_RANK", "" + workload.variables().size());
    constants.put("PROGRAM_INPUTS", workload.epilogue().bias() ? "3" : "2");
    constants.put("PROGRAM_VARIABLES", variables.toString());
    return Template.defines(constants) + "\n";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] read(BuildResult built) {
    try {
      return Files.readAllBytes(built.artifact().orElseThrow());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
