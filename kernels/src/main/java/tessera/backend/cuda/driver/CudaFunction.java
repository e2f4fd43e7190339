package tessera.backend.cuda.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import tessera.runtime.DeviceAddress;

/** A kernel of a loaded module. Used by one thread. */
public final class CudaFunction {
  private static final int MOST_BLOCKS = 2048;
  private static final int THREADS = 256;

  /* What a launch is described by, in memory of its own: CUlaunchConfig of cuda.h, pointers to the parameters, and the parameters. */
  private static final int POINTERS = 64;
  private static final int MOST_PARAMETERS = 24;
  private static final int PARAMETERS = POINTERS + MOST_PARAMETERS * Long.BYTES;

  /* CUlaunchAttribute. */
  private static final int ATTRIBUTE = 64;
  private static final int CLUSTER_DIMENSION = 4;

  private final CUfunction function;
  private final String name;
  private final Memory described = new Memory(PARAMETERS + MOST_PARAMETERS * Long.BYTES);

  CudaFunction(CUfunction function, String name) {
    this.function = function;
    this.name = name;
    described.clear();
    for (int i = 0; i < MOST_PARAMETERS; i++) {
      described.setPointer(POINTERS + (long) i * Long.BYTES, described.share(place(i)));
    }
  }

  private static long place(int parameter) {
    return PARAMETERS + (long) parameter * Long.BYTES;
  }

  /** Enqueues a launch of a kernel that strides over {@code count} elements with any grid. */
  public void launchOver(CUstream stream, long count, Object... parameters) {
    int blocks = (int) Math.max(1, Math.min(MOST_BLOCKS, (count + THREADS - 1) / THREADS));
    launch(stream, blocks, THREADS, 0, parameters);
  }

  /** Blocks may then have so much dynamic shared memory, more than the 48 KiB that all may. */
  public void allowShared(int bytes) {
    CudaDevice.check(
        JCudaDriver.cuFuncSetAttribute(
            function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
        "asking for " + bytes + " bytes of shared memory for " + name);
  }

  /**
   * Clusters of so many blocks that the device holds at once.
   *
   * @param sharedBytes of a block, as allowed before
   */
  public int clusters(int blocks, int threads, int sharedBytes) {
    Memory asked = new Memory(2L * ATTRIBUTE);
    asked.clear();
    asked.write(0, new int[] {blocks, 1, 1, threads, 1, 1, sharedBytes}, 0, 7);
    asked.setPointer(40, asked.share(ATTRIBUTE));
    asked.setInt(48, 1);
    asked.write(ATTRIBUTE, new int[] {CLUSTER_DIMENSION, 0, blocks, 1, 1}, 0, 5);
    int[] clusters = new int[1];
    CudaDevice.check(
        DriverFunctions.INSTANCE.cuOccupancyMaxActiveClusters(
            clusters, new Pointer(DeviceAddress.of(function)), asked),
        "cuOccupancyMaxActiveClusters");
    return clusters[0];
  }

  /**
   * Enqueues a launch.
   *
   * @param parameters Integer, Double, or Long, for device addresses too, in the order of the
   *     kernel's own
   */
  public void launch(
      CUstream stream, int blocks, int threads, int sharedBytes, Object... parameters) {
    described.write(0, new int[] {blocks, 1, 1, threads, 1, 1, sharedBytes}, 0, 7);
    described.setLong(32, DeviceAddress.of(stream));
    for (int i = 0; i < parameters.length; i++) {
      write(parameters[i], place(i));
    }
    CudaDevice.check(
        DriverFunctions.INSTANCE.cuLaunchKernelEx(
            described,
            new Pointer(DeviceAddress.of(function)),
            described.share(POINTERS),
            Pointer.NULL),
        "launching " + name);
  }

  private void write(Object parameter, long at) {
    if (parameter instanceof Integer number) {
      described.setInt(at, number);
    } else if (parameter instanceof Double number) {
      described.setDouble(at, number);
    } else {
      described.setLong(at, (Long) parameter);
    }
  }
}
