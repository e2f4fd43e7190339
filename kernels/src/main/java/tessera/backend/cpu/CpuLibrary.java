package tessera.backend.cpu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tessera.backend.LibraryBuilder;
import tessera.compile.Template;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.operator.Axis;
import tessera.runtime.ProgramSource;
import tessera.workload.Workload;

/** The C library of a CPU bundle. */
final class CpuLibrary implements LibraryBuilder {
  /* What refuses a lesser processor must run on it, so all but the micro-kernels is for any. */
  private static final String ANY_PROCESSOR =
      """
      #if defined(__x86_64__)
      #pragma GCC push_options
      #pragma GCC target("arch=x86-64")
      #endif
      """;

  private static final String TUNED_PROCESSOR =
      """
      #if defined(__x86_64__)
      #pragma GCC pop_options
      #endif
      """;

  private final CpuBackend backend;

  CpuLibrary(CpuBackend backend) {
    this.backend = backend;
  }

  @Override
  public Map<String, byte[]> build(
      Workload workload,
      List<MicroKernel> kernels,
      List<LaunchPlan> plans,
      List<DecisionTree> dispatch,
      String id) {
    ProgramSource program = new ProgramSource(workload);
    List<String> labels =
        kernels.stream()
            .map(kernel -> CpuFamily.of(backend.target(), workload, kernel).label(kernel))
            .toList();
    String source =
        program.text(
            kernels(workload, kernels, dispatch.size() > 1),
            LaunchPlan.toC(plans, labels),
            dispatch,
            Template.expanded(CpuLibrary.class, "program.c"),
            id,
            backend.target().deviceKey());
    List<String> flags = new ArrayList<>(backend.target().compilerFlags());
    // its threads run its code until the process ends, so it is never unloaded
    flags.addAll(List.of("-fvisibility=hidden", "-Wl,-Bsymbolic", "-Wl,-z,nodelete"));
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (MicroKernel kernel : kernels) {
      CpuFamily family = CpuFamily.of(backend.target(), workload, kernel);
      files.put(
          "kernels/" + family.label(kernel) + ".c",
          ProgramSource.bytes(family.instantiation(kernel, CpuFamily.SYMBOL)));
    }
    files.putAll(program.files(source, dispatch.get(0), backend.compiler(), flags));
    return files;
  }

  /** What the run-time is told of prepared weights. */
  private Map<String, String> preparation(
      Workload workload, List<MicroKernel> kernels, boolean both) {
    boolean prepares = kernels.stream().anyMatch(CpuGemmTile::readsPrepared);
    Map<String, String> constants = new LinkedHashMap<>();
    constants.put("PROGRAM_PANEL", prepares ? "" + backend.target().panelColumns() : "0");
    constants.put("PROGRAM_PREPARED_DISPATCH", both ? ProgramSource.PREPARED : "dispatch");
    constants.put("PROGRAM_B_IS_NK", workload.operator().secondIsNk() ? "1" : "0");
    constants.put("PROGRAM_BATCH", "" + workload.staticExtent(Axis.BATCH));
    constants.put("PROGRAM_N", "" + workload.staticExtent(Axis.N));
    constants.put("PROGRAM_K", "" + workload.staticExtent(Axis.K));
    return constants;
  }

  /**
   * @param both whether calls with prepared weights have a dispatch of their own
   */
  private String kernels(Workload workload, List<MicroKernel> kernels, boolean both) {
    StringBuilder text =
        new StringBuilder(
                "/* Made by Tessera for " + backend.target().model() + ". Compile with: cc ")
            .append(String.join(" ", backend.target().compilerFlags()))
            .append(" -o libtessera.so FILE -ldl -lm -lpthread */\n")
            .append(ANY_PROCESSOR)
            .append(Template.expanded(CpuLibrary.class, "launch.h"))
            .append("#include \"tessera.h\"\n")
            .append(TUNED_PROCESSOR);
    text.append(Template.defines(preparation(workload, kernels, both)));
    for (int i = 0; i < kernels.size(); i++) {
      CpuFamily family = CpuFamily.of(backend.target(), workload, kernels.get(i));
      text.append('\n').append(family.instantiation(kernels.get(i), "kernel_" + i));
    }
    text.append("\nstatic const tessera_gemm_kernel *const tessera_kernels[] = {");
    for (int i = 0; i < kernels.size(); i++) {
      text.append(i == 0 ? "" : ", ").append("&kernel_").append(i);
    }
    return text.append("};\n").append(ANY_PROCESSOR).toString();
  }
}
