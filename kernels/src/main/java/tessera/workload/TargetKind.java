package tessera.workload;

import tessera.operator.Numerics;

/** A kind of hardware that a workload file can ask for. */
public interface TargetKind {
  /** Its name in workload files, run folders and manifests: cpu, cuda. */
  String key();

  /** Whether it has micro-kernels for such numbers. */
  boolean takes(Numerics numerics);
}
