package tessera.backend.cuda;

import java.nio.file.Path;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import tessera.microkernel.MicroKernel;
import tessera.workload.GemmShape;

/** A loaded micro-kernel, launched as its family says. */
final class Candidate implements AutoCloseable {
  /** The operands of one call. */
  record Operands(CUdeviceptr a, CUdeviceptr b, CUdeviceptr bias, CUdeviceptr c) {}

  private static final int FREELY_SHARED_BYTES = 48 << 10;

  private final CudaFamily family;
  private final MicroKernel kernel;
  private final CudaDevice.Module module;
  private final CudaFunction aligned;
  private final CudaFunction any;

  Candidate(CudaFamily family, MicroKernel kernel, Path cubin) {
    this.family = family;
    this.kernel = kernel;
    this.module = new CudaDevice.Module(cubin);
    this.aligned = module.function(CudaFamily.SYMBOL + "_aligned");
    this.any = module.function(CudaFamily.SYMBOL + "_any");
    int shared = family.launch(kernel, new GemmShape(1, 1, 1, 1)).sharedBytes();
    if (shared > FREELY_SHARED_BYTES) {
      aligned.allowShared(shared);
      any.allowShared(shared);
    }
  }

  /** Whether rows of such lengths keep to the alignment of their operands. */
  static boolean canBeAligned(GemmShape shape) {
    return shape.n() % 4 == 0 && shape.k() % 4 == 0;
  }

  Launch launch(GemmShape shape) {
    return family.launch(kernel, shape);
  }

  /**
   * Enqueues a call.
   *
   * @param partials room as the launch wants, and flags for each block, all 0
   */
  void run(
      CUstream stream,
      GemmShape shape,
      boolean isAligned,
      Operands operands,
      CudaDevice.Memory partials,
      CudaDevice.Memory flags) {
    Launch launch = launch(shape);
    (isAligned ? aligned : any)
        .launch(
            stream,
            launch.blocks(),
            launch.threads(),
            launch.sharedBytes(),
            Math.toIntExact(shape.batch()),
            Math.toIntExact(shape.m()),
            Math.toIntExact(shape.n()),
            Math.toIntExact(shape.k()),
            operands.a(),
            operands.b(),
            operands.bias(),
            operands.c(),
            partials.at(0),
            flags.at(0));
  }

  @Override
  public void close() {
    module.close();
  }
}
