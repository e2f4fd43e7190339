package tessera.backend.cuda.measure;

import java.util.Map;
import jcuda.driver.CUstream;
import tessera.operator.Epilogue;
import tessera.operator.Problem;

/** What can be verified and timed on the device: a micro-kernel, or a vendor's function. */
interface DeviceFunction extends AutoCloseable {
  /** The function on one problem. */
  @FunctionalInterface
  interface Call {
    /**
     * Enqueues a call.
     *
     * @param operands the addresses of all operands on the device, by their names
     */
    void enqueue(CUstream stream, Map<String, Long> operands);
  }

  /** Whether it can be called on aligned operands alone. */
  boolean needsAlignment();

  /** By how many times the tolerance of a micro-kernel it may be exceeded. */
  default double slack() {
    return 1;
  }

  /**
   * The function on a problem; what earlier calls left in its workspaces is gone.
   *
   * @param epilogue of the calls, which says what they take beside the problem's operands
   * @param stream on which calls will be enqueued
   */
  Call on(Problem problem, Epilogue epilogue, CUstream stream);

  @Override
  void close();
}
