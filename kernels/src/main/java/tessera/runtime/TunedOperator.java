package tessera.runtime;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.net.URI;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.backend.OperandMemory;
import tessera.dispatch.DecisionTree;
import tessera.integrity.Trust;
import tessera.storage.Place;

/**
 * A bundle's operator from Java, called through the bundle's C library, which selects the plan.
 * Thread-safe.
 */
public final class TunedOperator implements AutoCloseable {
  /** The second operand among a call's inputs. */
  private static final int SECOND = 1;

  private static final List<String> STATUS =
      List.of(
          "OK",
          "INVALID_ARGUMENT",
          "DEVICE_MISMATCH",
          "NOT_FOUND",
          "CORRUPT",
          "DEVICE_ERROR",
          "NOT_WRITTEN");

  /** A call of the C interface that failed. */
  public static final class TesseraException extends RuntimeException {
    private final String status;

    TesseraException(String status, String message) {
      super(message);
      this.status = status;
    }

    /** The C interface's name of the status, without its prefix. */
    public String status() {
      return status;
    }
  }

  private final BundleFunctions library;
  private final Pointer handle;
  private final BundleManifest manifest;
  private final DecisionTree dispatch;
  private final NamedOperands named;
  private final BundleCopy copy;

  /** Operators by the addresses of what they prepared, which no others can read. */
  private static final Map<Pointer, Set<TunedOperator>> PREPARED = new ConcurrentHashMap<>();

  /** Weights by the address of what was prepared from them: they live as long as it does. */
  private final Map<Pointer, FloatBuffer> prepared = new ConcurrentHashMap<>();

  private boolean closed;

  private TunedOperator(BundleFunctions library, Pointer handle, Bundle bundle, BundleCopy copy) {
    this.library = library;
    this.handle = handle;
    this.copy = copy;
    this.manifest = bundle.manifest();
    this.dispatch = bundle.dispatch();
    this.named = new NamedOperands(manifest.workload().anywhere());
  }

  /**
   * As {@link #open(Path, Trust)}, whoever published the bundle.
   *
   * @throws UserError when there is no intact bundle in the folder
   * @throws TesseraException when it was made for other hardware
   */
  public static TunedOperator open(Path folder) {
    return open(folder, Trust.anyone());
  }

  /**
   * @param trust what is asked of the bundle before anything of it is loaded
   * @throws UserError when there is no intact bundle in the folder, or it is not trusted
   * @throws TesseraException when it was made for other hardware
   */
  public static TunedOperator open(Path folder, Trust trust) {
    return open(BundleCopy.of(Place.of(folder), trust), trust);
  }

  /**
   * Opens a bundle in any file system: {@code file:} by the JDK, others by what the class path has
   * for them. A bundle elsewhere is copied to a temporary folder until this is closed.
   *
   * @param trust what is asked of the bundle before anything of it is loaded
   * @throws EnvironmentFault when its storage does not answer
   * @throws UserError when there is no intact bundle, it is not trusted or cannot be read, or
   *     nothing knows the scheme
   * @throws TesseraException when it was made for other hardware
   */
  public static TunedOperator open(URI bundle, Trust trust) {
    BundleCopy copy = BundleCopy.of(Place.of(bundle), trust);
    try {
      return open(copy, trust);
    } catch (RuntimeException e) {
      copy.close();
      throw e;
    }
  }

  /** As {@link #open(URI, Trust)}, whoever published the bundle. */
  public static TunedOperator open(URI bundle) {
    return open(bundle, Trust.anyone());
  }

  private static TunedOperator open(BundleCopy copy, Trust trust) {
    Path folder = copy.folder();
    Bundle bundle = Bundle.open(folder, trust);
    bundle.manifest().target().refusal().ifPresent(why -> refuse(folder, why));
    BundleFunctions library =
        Native.load(Bundle.library(folder, Trust.only(bundle.digest())), BundleFunctions.class);
    PointerByReference handle = new PointerByReference();
    // the bundle that is embedded in the library; by its path it would be read once more
    check(library, library.tessera_open(null, handle), folder.toString());
    return new TunedOperator(library, handle.getValue(), bundle, copy);
  }

  private static void refuse(Path folder, String why) {
    throw new TesseraException("DEVICE_MISMATCH", folder + " " + why + "; tune the workload here");
  }

  public BundleManifest manifest() {
    return manifest;
  }

  /** The index of the kernel that serves the shape variables' values. Allocates nothing. */
  public int select(long... shape) {
    return dispatch.select(shape);
  }

  /** Threads of a call; every core by default. */
  public void setThreads(int threads) {
    check(library, library.tessera_set_threads(handle(), threads), "threads=" + threads);
  }

  /**
   * Whether a call's kernel may begin while the one before it on the stream ends, where the GPU
   * can: programmatic dependent launch, capability 9.0 and up. Off by default.
   */
  public void setOverlap(boolean on) {
    check(library, library.tessera_set_overlap(handle(), on ? 1 : 0), "overlap=" + on);
  }

  /**
   * Counts the calls that succeed by their shapes, from now on or no longer; what was counted
   * stays. Off by default.
   *
   * @throws TesseraException where the bundle is older than this
   */
  public void count(boolean on) {
    check(library, counting(() -> library.tessera_count(handle(), on ? 1 : 0)), "count");
  }

  /**
   * Writes how often each shape was called since counting began, as the trace that {@code tessera
   * drift}, {@code tessera tune --trace} and workload files read: CSV with a column for each shape
   * variable and one named calls. Calls may go on meanwhile.
   *
   * @param file appears whole or not at all
   * @throws TesseraException where it cannot be written, nothing was counted, or the bundle is
   *     older than this
   */
  public void counts(Path file) {
    check(library, counting(() -> library.tessera_counts(handle(), file.toString())), "counts");
  }

  private int counting(IntSupplier call) {
    try {
      return call.getAsInt();
    } catch (UnsatisfiedLinkError e) {
      throw new TesseraException(
          "NOT_FOUND",
          "this bundle of "
              + manifest.name()
              + " was published before bundles could count calls; publish it again");
    }
  }

  /**
   * Computes the operator on the CPU.
   *
   * @param shape the shape variables' values
   * @param output direct; written whole
   * @param inputs direct buffers in the order of the manifest's operands, row-major
   * @throws IllegalStateException when the bundle serves a GPU
   * @throws IllegalArgumentException naming the operand that is too short or shares the output's
   *     memory, or where another operator prepared one
   */
  public void run(long[] shape, FloatBuffer output, FloatBuffer... inputs) {
    checkOnHost();
    checkCounts(shape, inputs.length);
    named.check(shape, Stream.concat(Arrays.stream(inputs), Stream.of(output)).toList());
    Pointer[] pointers = Arrays.stream(inputs).map(this::input).toArray(Pointer[]::new);
    Pointer written = address(output);
    named.checkApart(shape, Arrays.stream(pointers).map(this::original).toList(), written);
    run(shape, pointers, written, Pointer.NULL);
  }

  /**
   * Enqueues the operator on the GPU of the current context.
   *
   * @param shape the shape variables' values
   * @param stream null for the default one
   * @param output device memory, written whole, that shares none with an input
   * @param inputs device memory in the order of the manifest's operands, row-major
   * @throws IllegalStateException when the bundle serves a CPU
   */
  public void run(long[] shape, CUstream stream, CUdeviceptr output, CUdeviceptr... inputs) {
    runAt(
        shape,
        stream == null ? 0 : DeviceAddress.of(stream),
        DeviceAddress.of(output),
        Arrays.stream(inputs).mapToLong(DeviceAddress::of).toArray());
  }

  /** As {@link #run(long[], CUstream, CUdeviceptr, CUdeviceptr...)}, with the driver's handles. */
  public void runAt(long[] shape, long stream, long output, long... inputs) {
    if (manifest.target().operandMemory() != OperandMemory.DEVICE) {
      throw new IllegalStateException(manifest.name() + " serves a CPU; give direct buffers");
    }
    Pointer[] pointers = Arrays.stream(inputs).mapToObj(Pointer::new).toArray(Pointer[]::new);
    run(shape, pointers, new Pointer(output), new Pointer(stream));
  }

  /**
   * Makes a constant second operand ready on the CPU: packed once for all shapes, where the
   * bundle's kernels read it so. Preparing the same buffer again takes no more memory.
   *
   * @param weights direct, of at least the elements that the bundle's shapes need; unchanged while
   *     the result is used
   * @return what stands in for it in {@link #run} until this operator is closed; not to be written
   * @throws IllegalStateException when the bundle serves a GPU
   * @throws IllegalArgumentException when it is too short
   */
  public FloatBuffer prepare(FloatBuffer weights) {
    checkOnHost();
    Pointer data = address(weights);
    named.checkPrepared(SECOND, weights);
    PointerByReference ready = new PointerByReference();
    check(library, library.tessera_prepare(handle(), SECOND, data, ready, Pointer.NULL), "prepare");
    if (ready.getValue().equals(data)) {
      return weights;
    }
    prepared.put(ready.getValue(), weights);
    PREPARED.compute(
        ready.getValue(),
        (address, known) -> {
          Set<TunedOperator> preparing = known == null ? ConcurrentHashMap.newKeySet() : known;
          preparing.add(this);
          return preparing;
        });
    return ready
        .getValue()
        .getByteBuffer(0, (long) Float.BYTES * weights.capacity())
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private void checkOnHost() {
    if (manifest.target().operandMemory() != OperandMemory.HOST) {
      throw new IllegalStateException(
          manifest.name() + " serves a GPU; give device pointers and a stream");
    }
  }

  /**
   * Makes a constant second operand ready for calls that follow on the stream: split once for all
   * shapes, where the bundle's kernels take it so.
   *
   * @param stream the driver's handle; 0 for the default one
   * @param data its address on the device; unchanged while the result is used
   * @return what stands in for it in {@link #runAt} until this operator is closed
   */
  public long prepareAt(long stream, long data) {
    PointerByReference prepared = new PointerByReference();
    check(
        library,
        library.tessera_prepare(handle(), SECOND, new Pointer(data), prepared, new Pointer(stream)),
        "prepare");
    return Pointer.nativeValue(prepared.getValue());
  }

  /**
   * Computes the operator on the CPU, its operands given by the names that the manifest lists.
   *
   * @param shape the shape variables' values
   * @param operands direct buffers, row-major, of at least the elements that the shape needs
   * @throws IllegalArgumentException naming the operand that is missing, unknown, too short or
   *     shares the output's memory
   */
  public void run(long[] shape, Map<String, FloatBuffer> operands) {
    List<FloatBuffer> buffers = named.inOrder(operands);
    int last = buffers.size() - 1;
    run(shape, buffers.get(last), buffers.subList(0, last).toArray(FloatBuffer[]::new));
  }

  /**
   * As {@link #runAt(long[], long, long, long...)}, the addresses given by the names that the
   * manifest lists.
   *
   * @throws IllegalArgumentException naming the operand that is missing or unknown
   */
  public void runAt(long[] shape, long stream, Map<String, Long> addresses) {
    List<Long> all = named.inOrder(addresses);
    int last = all.size() - 1;
    runAt(shape, stream, all.get(last), all.subList(0, last).stream().mapToLong(a -> a).toArray());
  }

  private void run(long[] shape, Pointer[] inputs, Pointer output, Pointer stream) {
    checkCounts(shape, inputs.length);
    check(library, library.tessera_run(handle(), shape, inputs, output, stream), "run");
  }

  private void checkCounts(long[] shape, int inputs) {
    int wanted = manifest.workload().inputs().size();
    if (shape.length != manifest.workload().variables().size() || inputs != wanted) {
      throw new IllegalArgumentException(
          "the operator takes values for "
              + manifest.workload().variables()
              + " and "
              + wanted
              + " inputs, not "
              + shape.length
              + " values and "
              + inputs
              + " inputs");
    }
  }

  private Pointer input(FloatBuffer buffer) {
    Pointer address = address(buffer);
    Set<TunedOperator> preparing = PREPARED.get(address);
    if (preparing != null && !preparing.contains(this)) {
      throw new IllegalArgumentException(
          "an input was prepared by another operator; prepare it by the one that is called");
    }
    return address;
  }

  /** What was prepared, in place of what stands in for it: some kernels read that. */
  private Pointer original(Pointer address) {
    FloatBuffer weights = prepared.get(address);
    return weights == null ? address : address(weights);
  }

  private static Pointer address(FloatBuffer buffer) {
    if (!buffer.isDirect() || buffer.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "buffers must be direct and of the machine's byte order; allocate them with"
              + " ByteBuffer.allocateDirect and order(ByteOrder.nativeOrder())");
    }
    return Native.getDirectBufferPointer(buffer);
  }

  private static void check(BundleFunctions library, int status, String what) {
    if (status != 0) {
      throw new TesseraException(STATUS.get(status), what + ": " + library.tessera_message(status));
    }
  }

  private Pointer handle() {
    if (closed) {
      throw new IllegalStateException(manifest.name() + " is closed; open the bundle again");
    }
    return handle;
  }

  private void forget(Pointer address) {
    PREPARED.computeIfPresent(
        address,
        (known, preparing) -> {
          preparing.remove(this);
          return preparing.isEmpty() ? null : preparing;
        });
  }

  /** Frees the bundle and what it prepared; no call may be under way. Once more does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    prepared.keySet().forEach(this::forget);
    library.tessera_close(handle);
    copy.close();
  }
}
