package tessera.backend.cpu;

import java.util.List;
import tessera.hardware.CpuTarget;

/** What a C compiler is told for a CPU, beside input and output. */
final class CpuFlags {
  private CpuFlags() {}

  static List<String> of(CpuTarget target) {
    return List.of(
        "-O3",
        "-march=" + target.march(),
        "-std=gnu11",
        "-fPIC",
        "-shared",
        "-fno-math-errno",
        "-w");
  }
}
