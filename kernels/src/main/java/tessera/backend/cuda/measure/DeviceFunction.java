package tessera.backend.cuda.measure;

import jcuda.driver.CUstream;
import tessera.operator.GemmShape;

/** What can be verified and timed on the device: a micro-kernel, or a vendor's function. */
interface DeviceFunction extends AutoCloseable {
  /** The addresses of one call's operands on the device. */
  record Operands(long a, long b, long bias, long c) {}

  /** The function on one shape. */
  @FunctionalInterface
  interface Call {
    /** Enqueues a call. */
    void enqueue(CUstream stream, Operands operands);
  }

  /** Whether it can be called on aligned operands alone. */
  boolean needsAlignment();

  /** By how many times the tolerance of a micro-kernel it may be exceeded. */
  default double slack() {
    return 1;
  }

  /**
   * The function on a shape; what earlier calls left in its workspaces is gone.
   *
   * @param stream on which calls will be enqueued
   */
  Call on(GemmShape shape, CUstream stream);

  @Override
  void close();
}
