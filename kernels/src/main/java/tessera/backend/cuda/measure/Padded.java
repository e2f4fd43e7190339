package tessera.backend.cuda.measure;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUstream;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFunction;
import tessera.backend.cuda.driver.TensorMap;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.Launch;
import tessera.operator.GemmShape;

/**
 * The operands of one shape as tensor maps describe them: where they are when their lines are whole
 * 16 bytes, else in copies, as {@code pad.cuh} makes them.
 */
final class Padded implements AutoCloseable {
  /** Bytes of a line are a multiple of this, and a thread copies so many at once. */
  private static final int ACCESS = 16;

  private static final int THREADS = 256;

  /** Blocks that a multiprocessor holds. */
  private static final int RESIDENT = 8;

  private final CudaFunction pad;
  private final CudaFamily family;
  private final GemmShape shape;
  private final int elementBytes;
  private final Operand a;
  private final Operand b;

  /**
   * @param launch of the micro-kernel that fetches them
   */
  Padded(CudaFunction pad, CudaFamily family, GemmShape shape, Launch launch) {
    this.pad = pad;
    this.family = family;
    this.shape = shape;
    this.elementBytes = family.workload.numerics().input().bytes();
    this.a = new Operand(shape.m(), shape.k(), launch.boxA());
    this.b =
        family.workload.operator().secondIsNk()
            ? new Operand(shape.n(), shape.k(), launch.boxB())
            : new Operand(shape.k(), shape.n(), launch.boxB());
  }

  /** The lines of one operand, and a copy of it once that is wanted. */
  private final class Operand {
    private final long lines;
    private final long length;
    private final int box;
    private final List<CudaDevice.Memory> copy = new ArrayList<>();
    private final Map<Long, byte[]> maps = new HashMap<>();

    Operand(long lines, long length, int box) {
      this.lines = lines;
      this.length = length;
      this.box = box;
    }

    boolean isWhole(long address) {
      return address % ACCESS == 0 && length * elementBytes % ACCESS == 0;
    }

    private long apart() {
      int whole = ACCESS / elementBytes;
      return (length + whole - 1) / whole * whole;
    }

    /** Bytes of the copy. */
    long bytes() {
      return shape.batch() * lines * apart() * elementBytes;
    }

    long copy() {
      if (copy.isEmpty()) {
        copy.add(new CudaDevice.Memory(bytes()));
      }
      return copy.get(0).at(0);
    }

    byte[] map(long address) {
      return maps.computeIfAbsent(
          isWhole(address) ? address : copy(),
          from -> TensorMap.of(from, elementBytes, shape.batch(), lines, length, apart(), box));
    }
  }

  /**
   * Whether a copy is needed before; then it is enqueued.
   *
   * @return whether it was
   */
  boolean make(CUstream stream, DeviceFunction.Operands operands) {
    boolean copiesA = !a.isWhole(operands.a());
    boolean copiesB = !b.isWhole(operands.b());
    if (!copiesA && !copiesB) {
      return false;
    }
    long bytes = (copiesA ? a.bytes() : 0) + (copiesB ? b.bytes() : 0);
    long most = (long) RESIDENT * family.target.multiprocessors();
    long blocks = Math.min(most, (bytes / ACCESS + THREADS - 1) / THREADS);
    pad.launch(
        stream,
        Math.toIntExact(blocks),
        THREADS,
        0,
        operands.a(),
        copiesA ? a.copy() : 0L,
        copiesA ? shape.batch() * a.lines : 0L,
        Math.toIntExact(a.length),
        operands.b(),
        copiesB ? b.copy() : 0L,
        copiesB ? shape.batch() * b.lines : 0L,
        Math.toIntExact(b.length));
    return true;
  }

  /** What a micro-kernel takes of them after its other parameters. */
  List<Object> parameters(DeviceFunction.Operands operands) {
    return List.of(a.map(operands.a()), b.map(operands.b()));
  }

  @Override
  public void close() {
    a.copy.forEach(CudaDevice.Memory::close);
    b.copy.forEach(CudaDevice.Memory::close);
  }
}
