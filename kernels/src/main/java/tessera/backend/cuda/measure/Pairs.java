package tessera.backend.cuda.measure;

import java.util.List;
import jcuda.driver.CUstream;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFunction;
import tessera.backend.cuda.driver.TensorMap;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.Launch;
import tessera.operator.GemmShape;

/**
 * Both operands of one shape as pairs of float16 with a scale for each row, as {@code split.cuh}
 * makes them.
 */
final class Pairs implements AutoCloseable {
  /** Elements of k whose pairs lie together; k is padded to a multiple of it. */
  static final int GRAIN = 32;

  /** Of a block of the function that splits, and its shared memory. */
  static final int THREADS = 256;

  static final int SHARED_BYTES = 4 * THREADS;

  /** Elements that a block splits at least, and blocks that a multiprocessor holds. */
  static final int BLOCK_ELEMENTS = 4096;

  static final int RESIDENT = 8;

  private static final int HALF_BYTES = 2;

  private final CudaFunction split;
  private final CudaFamily family;
  private final GemmShape shape;
  private final CudaDevice.Memory pairsA;
  private final CudaDevice.Memory pairsB;
  private final CudaDevice.Memory scalesA;
  private final CudaDevice.Memory scalesB;
  private final List<Object> parameters;

  /**
   * @param launch of the micro-kernel that they are for
   */
  Pairs(CudaFunction split, CudaFamily family, GemmShape shape, Launch launch) {
    this.split = split;
    this.family = family;
    this.shape = shape;
    this.pairsA = new CudaDevice.Memory(HALF_BYTES * shape.batch() * shape.m() * places());
    this.pairsB = new CudaDevice.Memory(HALF_BYTES * shape.batch() * shape.n() * places());
    this.scalesA = new CudaDevice.Memory(Float.BYTES * shape.batch() * shape.m());
    this.scalesB = new CudaDevice.Memory(Float.BYTES * shape.batch() * shape.n());
    this.parameters =
        List.of(
            map(pairsA, shape.m(), launch.boxA()),
            map(pairsB, shape.n(), launch.boxB()),
            scalesA.at(0),
            scalesB.at(0));
  }

  /** Elements of float16 in a row. */
  private long places() {
    return (shape.k() + GRAIN - 1) / GRAIN * GRAIN * 2;
  }

  /** Enqueues the splitting of both operands. */
  void make(CUstream stream, DeviceFunction.Operands operands) {
    long elements = shape.batch() * (shape.m() + shape.n()) * shape.k();
    long most = (long) RESIDENT * family.target.multiprocessors();
    long blocks = Math.min(most, (elements + BLOCK_ELEMENTS - 1) / BLOCK_ELEMENTS);
    split.launch(
        stream,
        Math.toIntExact(blocks),
        THREADS,
        SHARED_BYTES,
        Math.toIntExact(shape.k()),
        Math.toIntExact(shape.batch() * shape.m()),
        operands.a(),
        pairsA.at(0),
        scalesA.at(0),
        Math.toIntExact(shape.batch()),
        Math.toIntExact(shape.n()),
        operands.b(),
        pairsB.at(0),
        scalesB.at(0));
  }

  /** What a micro-kernel takes of them after its other parameters. */
  List<Object> parameters() {
    return parameters;
  }

  private byte[] map(CudaDevice.Memory pairs, long rows, int box) {
    return TensorMap.of(pairs.at(0), HALF_BYTES, shape.batch(), rows, places(), places(), box);
  }

  @Override
  public void close() {
    for (CudaDevice.Memory memory : List.of(pairsA, pairsB, scalesA, scalesB)) {
      memory.close();
    }
  }
}
