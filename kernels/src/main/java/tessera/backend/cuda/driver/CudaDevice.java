package tessera.backend.cuda.driver;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_CLOCK_RATE;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import tessera.runtime.DeviceAddress;

/**
 * The first GPU that this process may see, with a context and a stream. Used by one thread.
 *
 * <p>JCuda throws nothing by itself here: every call's code goes through {@link #check}.
 */
public final class CudaDevice implements AutoCloseable {
  private static final int BUS_ID_BYTES = 32;

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();

  private CudaDevice() {}

  /**
   * @throws CudaFault when there is no usable GPU, with the reason
   */
  public static CudaDevice open() {
    try {
      JCudaDriver.setExceptionsEnabled(false);
      check(JCudaDriver.cuInit(0), "cuInit");
    } catch (LinkageError e) {
      throw new CudaFault("NVIDIA's driver, libcuda.so.1, cannot be loaded");
    }
    CudaDevice opened = new CudaDevice();
    check(JCudaDriver.cuDeviceGet(opened.device, 0), "cuDeviceGet");
    check(
        JCudaDriver.cuDevicePrimaryCtxRetain(opened.context, opened.device),
        "cuDevicePrimaryCtxRetain");
    check(JCudaDriver.cuCtxSetCurrent(opened.context), "cuCtxSetCurrent");
    check(JCudaDriver.cuStreamCreate(opened.stream, 0), "cuStreamCreate");
    return opened;
  }

  public static void check(int code, String call) {
    if (code != 0) {
      String[] name = new String[1];
      String[] meaning = new String[1];
      JCudaDriver.cuGetErrorName(code, name);
      JCudaDriver.cuGetErrorString(code, meaning);
      throw new CudaFault(call + " failed with " + name[0] + ", " + meaning[0]);
    }
  }

  public CUstream stream() {
    return stream;
  }

  /** Waits for all that was enqueued; a fault of a kernel shows here. */
  public void synchronize() {
    check(JCudaDriver.cuStreamSynchronize(stream), "running a kernel");
  }

  /**
   * What the driver tells of this GPU.
   *
   * @param clustered of its multiprocessors, as {@link CudaTarget} says; 0: all
   * @param peakGflops measured
   */
  public CudaTarget describe(String compiler, int clustered, double peakGflops) {
    byte[] name = new byte[256];
    check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
    long[] memory = new long[1];
    check(JCudaDriver.cuDeviceTotalMem(memory, device), "cuDeviceTotalMem");
    int[] driver = new int[1];
    check(JCudaDriver.cuDriverGetVersion(driver), "cuDriverGetVersion");
    return new CudaTarget(
        new String(name, StandardCharsets.UTF_8).replace("\0", "").strip(),
        10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        multiprocessors(),
        clustered,
        sharedBytesPerBlock(),
        attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR),
        attribute(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR),
        attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR),
        attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE),
        memory[0],
        attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE) / 1000,
        attribute(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE) / 1000,
        attribute(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH),
        DriverVersion.installed().orElse(driver[0] / 1000 + "." + driver[0] % 1000 / 10),
        compiler,
        peakGflops);
  }

  /**
   * Where the GPU is plugged in, such as 0000:1a:00.0: on one host all processes have the same for
   * it, whatever CUDA_VISIBLE_DEVICES counts as its number.
   */
  public String busId() {
    String[] id = new String[1];
    check(JCudaDriver.cuDeviceGetPCIBusId(id, BUS_ID_BYTES, device), "cuDeviceGetPCIBusId");
    return id[0].toLowerCase(Locale.ROOT);
  }

  public int multiprocessors() {
    return attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  }

  public boolean hasClusters() {
    return attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) >= 9;
  }

  public int sharedBytesPerBlock() {
    return attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  }

  private int attribute(int which) {
    int[] value = new int[1];
    check(JCudaDriver.cuDeviceGetAttribute(value, which, device), "cuDeviceGetAttribute");
    return value[0];
  }

  /** Memory of the device; its address is aligned to 256 bytes. */
  public static final class Memory implements AutoCloseable {
    private final CUdeviceptr pointer = new CUdeviceptr();
    private final long bytes;

    public Memory(long bytes) {
      this.bytes = bytes;
      check(JCudaDriver.cuMemAlloc(pointer, Math.max(1, bytes)), "allocating " + bytes + " bytes");
    }

    /** The address on the device. */
    public long at(long offset) {
      return DeviceAddress.of(pointer) + offset;
    }

    public long bytes() {
      return bytes;
    }

    /** Every four bytes alike; 0xffffffff is a NaN. */
    public void set(int word, CUstream stream) {
      check(JCudaDriver.cuMemsetD32Async(pointer, word, bytes / 4, stream), "cuMemsetD32Async");
    }

    public void read(long offset, Pointer to, long count) {
      check(JCudaDriver.cuMemcpyDtoH(to, pointer.withByteOffset(offset), count), "cuMemcpyDtoH");
    }

    /** Enqueues a copy of all of this from an offset of another. */
    public void copyFrom(Memory other, long offset, CUstream stream) {
      check(
          JCudaDriver.cuMemcpyDtoDAsync(
              pointer, other.pointer.withByteOffset(offset), bytes, stream),
          "cuMemcpyDtoDAsync");
    }

    @Override
    public void close() {
      check(JCudaDriver.cuMemFree(pointer), "cuMemFree");
    }
  }

  /** A loaded cubin. */
  public static final class Module implements AutoCloseable {
    private final CUmodule module = new CUmodule();

    public Module(Path file) {
      check(JCudaDriver.cuModuleLoad(module, file.toString()), "loading " + file);
    }

    public CudaFunction function(String name) {
      CUfunction function = new CUfunction();
      check(JCudaDriver.cuModuleGetFunction(function, module, name), "finding " + name);
      return new CudaFunction(function, name);
    }

    @Override
    public void close() {
      check(JCudaDriver.cuModuleUnload(module), "cuModuleUnload");
    }
  }

  /** A point in the stream's time. */
  public static final class Event implements AutoCloseable {
    private final CUevent event = new CUevent();

    public Event() {
      check(JCudaDriver.cuEventCreate(event, 0), "cuEventCreate");
    }

    public void record(CUstream stream) {
      check(JCudaDriver.cuEventRecord(event, stream), "cuEventRecord");
    }

    /** Nanoseconds from another event to this one, once both are over. */
    public double nanosSince(Event start) {
      check(JCudaDriver.cuEventSynchronize(event), "running a kernel");
      float[] millis = new float[1];
      check(JCudaDriver.cuEventElapsedTime(millis, start.event, event), "cuEventElapsedTime");
      return 1e6 * millis[0];
    }

    @Override
    public void close() {
      check(JCudaDriver.cuEventDestroy(event), "cuEventDestroy");
    }
  }

  @Override
  public void close() {
    check(JCudaDriver.cuStreamDestroy(stream), "cuStreamDestroy");
    check(JCudaDriver.cuDevicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease");
  }
}
