package tessera.backend.cuda.measure;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.FloatByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jcuda.driver.CUstream;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFault;
import tessera.operator.DataType;
import tessera.operator.Epilogue;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.operator.Precision;
import tessera.operator.Problem;
import tessera.runtime.DeviceAddress;

/**
 * NVIDIA's cuBLAS, of whatever version the machine has, with float32 sums; float32 operands are
 * rounded to tf32 where the workload asks for that alone. Its matrices are stored by columns, so it
 * is asked for the transposed product.
 */
public final class Cublas implements DeviceFunction {
  /** The functions of {@code cublas_v2.h}; pointers to the device are plain numbers. */
  interface Functions extends Library {
    int cublasCreate_v2(PointerByReference handle);

    int cublasDestroy_v2(Pointer handle);

    int cublasSetStream_v2(Pointer handle, Pointer stream);

    int cublasSetWorkspace_v2(Pointer handle, Pointer workspace, long bytes);

    int cublasGemmEx(
        Pointer handle,
        int transposedA,
        int transposedB,
        int m,
        int n,
        int k,
        FloatByReference alpha,
        Pointer a,
        int typeA,
        int strideA,
        Pointer b,
        int typeB,
        int strideB,
        FloatByReference beta,
        Pointer c,
        int typeC,
        int strideC,
        int computeType,
        int algorithm);

    int cublasGemmStridedBatchedEx(
        Pointer handle,
        int transposedA,
        int transposedB,
        int m,
        int n,
        int k,
        FloatByReference alpha,
        Pointer a,
        int typeA,
        int strideA,
        long nextA,
        Pointer b,
        int typeB,
        int strideB,
        long nextB,
        FloatByReference beta,
        Pointer c,
        int typeC,
        int strideC,
        long nextC,
        int batch,
        int computeType,
        int algorithm);
  }

  private static final List<String> NAMES =
      List.of("cublas", "libcublas.so.13", "libcublas.so.12", "libcublas.so.11");

  /** What PyTorch gives it on the newest GPUs. */
  private static final long WORKSPACE_BYTES = 32L << 20;

  private static final double SHORT_OUTPUT_SLACK = 32;

  private static final int COMPUTE_FLOAT32 = 68;
  private static final int COMPUTE_TF32 = 77;
  private static final int DEFAULT_ALGORITHM = -1;

  private static final FloatByReference ONE = new FloatByReference(1);
  private static final FloatByReference ZERO = new FloatByReference(0);

  private final Functions library;
  private final int inputType;
  private final int outputType;
  private final int computeType;
  private final boolean shortOutput;
  private final Pointer handle;
  private final CudaDevice.Memory workspace = new CudaDevice.Memory(WORKSPACE_BYTES);

  Cublas(String name, Numerics numerics) {
    this.library = Native.load(name, Functions.class);
    this.inputType = code(numerics.input());
    this.shortOutput = numerics.output() != DataType.FLOAT32;
    this.outputType = code(numerics.output());
    this.computeType = numerics.precision() == Precision.TF32 ? COMPUTE_TF32 : COMPUTE_FLOAT32;
    PointerByReference created = new PointerByReference();
    check(library.cublasCreate_v2(created), "cublasCreate");
    handle = created.getValue();
  }

  /** As {@code library_types.h} numbers them. */
  private static int code(DataType type) {
    return switch (type) {
      case FLOAT32 -> 0;
      case FLOAT16 -> 2;
      case BFLOAT16 -> 14;
    };
  }

  /** The name by which the library can be loaded here; empty where it is missing. */
  public static Optional<String> find() {
    for (String name : NAMES) {
      try {
        NativeLibrary.getInstance(name).close();
        return Optional.of(name);
      } catch (UnsatisfiedLinkError e) {
        continue;
      }
    }
    return Optional.empty();
  }

  @Override
  public boolean needsAlignment() {
    return false;
  }

  /** By default it may round partial sums to a 16-bit output's own type before it adds them. */
  @Override
  public double slack() {
    return shortOutput ? SHORT_OUTPUT_SLACK : 1;
  }

  @Override
  public Call on(Problem problem, Epilogue epilogue, CUstream stream) {
    check(
        library.cublasSetStream_v2(handle, new Pointer(DeviceAddress.of(stream))),
        "cublasSetStream");
    check(
        library.cublasSetWorkspace_v2(handle, new Pointer(workspace.at(0)), WORKSPACE_BYTES),
        "cublasSetWorkspace");
    return new Product(problem);
  }

  private final class Product implements Call {
    private final Operator operator;
    private final int batch;
    private final int m;
    private final int n;
    private final int k;

    Product(Problem problem) {
      operator = problem.operator();
      GemmShape shape = problem.gemm();
      batch = Math.toIntExact(shape.batch());
      m = Math.toIntExact(shape.m());
      n = Math.toIntExact(shape.n());
      k = Math.toIntExact(shape.k());
    }

    @Override
    public void enqueue(CUstream stream, Map<String, Long> operands) {
      int transposed = operator.secondIsNk() ? 1 : 0;
      int strideB = operator.secondIsNk() ? k : n;
      Pointer a = new Pointer(operands.get(operator.inputs().get(0).name()));
      Pointer b = new Pointer(operands.get(operator.inputs().get(1).name()));
      Pointer c = new Pointer(operands.get(operator.output().name()));
      int status =
          batch == 1
              ? library.cublasGemmEx(
                  handle,
                  transposed,
                  0,
                  n,
                  m,
                  k,
                  ONE,
                  b,
                  inputType,
                  strideB,
                  a,
                  inputType,
                  k,
                  ZERO,
                  c,
                  outputType,
                  n,
                  computeType,
                  DEFAULT_ALGORITHM)
              : library.cublasGemmStridedBatchedEx(
                  handle,
                  transposed,
                  0,
                  n,
                  m,
                  k,
                  ONE,
                  b,
                  inputType,
                  strideB,
                  (long) n * k,
                  a,
                  inputType,
                  k,
                  (long) m * k,
                  ZERO,
                  c,
                  outputType,
                  n,
                  (long) m * n,
                  batch,
                  computeType,
                  DEFAULT_ALGORITHM);
      check(status, "cublasGemmEx");
    }
  }

  private static void check(int status, String what) {
    if (status != 0) {
      throw new CudaFault(what + " failed with status " + status);
    }
  }

  @Override
  public void close() {
    library.cublasDestroy_v2(handle);
    workspace.close();
  }
}
