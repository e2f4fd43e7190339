package tessera.backend.cpu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import tessera.compile.SourceUnit;
import tessera.compile.Template;
import tessera.compile.WorkloadConstants;
import tessera.cost.Fits;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Panels;
import tessera.workload.Workload;

/** Micro-kernels in C: a template's file, and the named constants that fill it. */
abstract class CpuFamily implements KernelFamily {
  /** The symbol of a micro-kernel that is compiled alone. */
  static final String SYMBOL = "tessera_candidate";

  /** The fitted constants of processors. Those of one file serve all. */
  static final Fits FITS = Fits.read("/tessera/backend/cpu/priors/x86-64.json");

  /** Fewer sums than this leave the multipliers idle for lack of independent work. */
  static final int LEAST_ACCUMULATORS = 4;

  /** What a call costs, whatever its size. */
  static final Panels.Costs CALL = FITS.fit("call", Panels.Costs.class);

  final CpuTarget target;
  final Workload workload;

  CpuFamily(CpuTarget target, Workload workload) {
    this.target = target;
    this.workload = workload;
  }

  /** All families that can do the workload. */
  static List<CpuFamily> of(CpuTarget target, Workload workload) {
    CpuFamily gemm = new CpuGemm(target, workload);
    return workload.operator().secondIsNk()
        ? List.of(gemm, new CpuDot(target, workload))
        : List.of(gemm);
  }

  /** The family of a micro-kernel. */
  static CpuFamily of(CpuTarget target, Workload workload, MicroKernel kernel) {
    return of(target, workload).stream()
        .filter(family -> family.name().equals(kernel.family()))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no CPU family is called " + kernel.family()));
  }

  /** The template's file. */
  abstract String template();

  /** The constants that only this family's template has. */
  abstract SortedMap<String, String> constants(MicroKernel kernel);

  /** A condition as a template's constant. */
  static String flag(boolean value) {
    return value ? "1" : "0";
  }

  /** A source file with one micro-kernel under {@link #SYMBOL}. */
  final SourceUnit source(MicroKernel kernel) {
    String text =
        Template.defines(named(kernel, SYMBOL)) + Template.expanded(getClass(), template());
    return new SourceUnit("candidate.c", Map.of("candidate.c", text), target.compilerFlags());
  }

  /** A micro-kernel among others in one source file. */
  final String instantiation(MicroKernel kernel, String name) {
    Map<String, String> constants = named(kernel, name);
    return Template.defines(constants)
        + Template.expanded(getClass(), template())
        + Template.undefines(constants);
  }

  private Map<String, String> named(MicroKernel kernel, String name) {
    Map<String, String> constants = new LinkedHashMap<>(constants(kernel));
    constants.put("LANES", "" + target.lanes());
    constants.putAll(WorkloadConstants.of(workload));
    constants.put("KERNEL_NAME", name);
    constants.put("TESSERA_KERNEL_LABEL", '"' + label(kernel) + '"');
    return constants;
  }
}
