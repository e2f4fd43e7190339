package tessera.backend.cuda;

import com.sun.jna.Memory;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** A kernel of a loaded module. */
final class CudaFunction {
  private static final int MOST_BLOCKS = 2048;
  private static final int THREADS = 256;

  /* CUlaunchConfig and CUlaunchAttribute of cuda.h. */
  private static final int CONFIGURATION_BYTES = 56;
  private static final int ATTRIBUTE_BYTES = 72;
  private static final int STREAM_SERIALIZATION = 6;

  /** The largest parameter is a tensor map, aligned to 64 bytes. */
  private static final int PARAMETER_BYTES = 128;

  private final CUfunction function;
  private final String name;

  CudaFunction(CUfunction function, String name) {
    this.function = function;
    this.name = name;
  }

  /** Enqueues a launch of a kernel that strides over {@code count} elements with any grid. */
  void launchOver(CUstream stream, long count, Object... parameters) {
    int blocks = (int) Math.max(1, Math.min(MOST_BLOCKS, (count + THREADS - 1) / THREADS));
    launch(stream, blocks, THREADS, 0, parameters);
  }

  /** Blocks may then have so much dynamic shared memory, more than the 48 KiB that all may. */
  void allowShared(int bytes) {
    CudaDevice.check(
        JCudaDriver.cuFuncSetAttribute(
            function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
        "asking for " + bytes + " bytes of shared memory for " + name);
  }

  /**
   * Enqueues a launch.
   *
   * @param parameters Integer, Double, Long for device addresses too, and the bytes of a tensor
   *     map, in the order of the kernel's own
   */
  void launch(CUstream stream, int blocks, int threads, int sharedBytes, Object... parameters) {
    NativePointerObject[] pointers = new NativePointerObject[parameters.length];
    for (int i = 0; i < parameters.length; i++) {
      Object parameter = parameters[i];
      if (parameter instanceof Integer number) {
        pointers[i] = Pointer.to(new int[] {number});
      } else if (parameter instanceof Double number) {
        pointers[i] = Pointer.to(new double[] {number});
      } else if (parameter instanceof byte[] map) {
        pointers[i] = Pointer.to(map);
      } else {
        pointers[i] = Pointer.to(new long[] {(Long) parameter});
      }
    }
    CudaDevice.check(
        JCudaDriver.cuLaunchKernel(
            function, blocks, 1, 1, threads, 1, 1, sharedBytes, stream, Pointer.to(pointers), null),
        "launching " + name);
  }

  /**
   * The same, where the launch may begin while the one before it ends (programmatic dependent
   * launch, capability 9.0 and up).
   */
  void launchOverlapping(
      CUstream stream, int blocks, int threads, int sharedBytes, Object... parameters) {
    Memory attribute = new Memory(ATTRIBUTE_BYTES);
    attribute.clear();
    attribute.setInt(0, STREAM_SERIALIZATION);
    attribute.setInt(8, 1);
    Memory configuration = new Memory(CONFIGURATION_BYTES);
    configuration.write(0, new int[] {blocks, 1, 1, threads, 1, 1, sharedBytes, 0}, 0, 8);
    configuration.setLong(32, CudaDevice.address(stream));
    configuration.setPointer(40, attribute);
    configuration.setLong(48, 1);
    com.sun.jna.Pointer[] pointers = new com.sun.jna.Pointer[parameters.length];
    for (int i = 0; i < parameters.length; i++) {
      pointers[i] = inMemory(parameters[i]);
    }
    CudaDevice.check(
        DriverFunctions.INSTANCE.cuLaunchKernelEx(
            configuration,
            new com.sun.jna.Pointer(CudaDevice.address(function)),
            pointers,
            com.sun.jna.Pointer.NULL),
        "launching " + name);
  }

  private static Memory inMemory(Object parameter) {
    Memory memory = new Memory(PARAMETER_BYTES + PARAMETER_BYTES).align(PARAMETER_BYTES);
    if (parameter instanceof Integer number) {
      memory.setInt(0, number);
    } else if (parameter instanceof byte[] map) {
      memory.write(0, map, 0, map.length);
    } else {
      memory.setLong(0, (Long) parameter);
    }
    return memory;
  }
}
