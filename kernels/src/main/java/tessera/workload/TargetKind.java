package tessera.workload;

import tessera.operator.Numerics;
import tessera.operator.Operator;

/** A kind of hardware that a workload file can ask for. */
public interface TargetKind {
  /** Its name in workload files, run folders and manifests: cpu, cuda. */
  String key();

  /** Whether it has micro-kernels for such numbers. */
  boolean takes(Numerics numerics);

  /** Whether it has micro-kernels that read operands so stored. */
  boolean takes(Operator operator);

  /** Whether workload files choose if its micro-kernels read prepared weights. */
  default boolean choosesPreparation() {
    return false;
  }
}
