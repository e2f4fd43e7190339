package tessera.backend.cuda;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import tessera.workload.DataType;

/**
 * A driver's description of an operand, by which a kernel fetches boxes of it: 128 bytes of k of
 * some rows, as {@code fetch_box()} of {@code hopper.cuh} says. JCuda has none.
 */
final class TensorMap {
  private static final int BYTES = 128;
  private static final int ALIGNMENT = 64;

  /** Bytes of k of a box. */
  static final int LINE_BYTES = 128;

  /* As cuda.h numbers them. */
  private static final int UINT16 = 1;
  private static final int UINT32 = 2;
  private static final int RANK = 3;
  private static final int NO_INTERLEAVE = 0;
  private static final int SWIZZLE_128 = 3;
  private static final int PROMOTE_256 = 3;
  private static final int ZEROS_OUTSIDE = 0;

  /** What JCuda lacks of the driver. */
  interface Functions extends Library {
    int cuTensorMapEncodeTiled(
        Pointer map,
        int type,
        int rank,
        Pointer data,
        long[] extents,
        long[] strides,
        int[] box,
        int[] steps,
        int interleave,
        int swizzle,
        int promotion,
        int outside);
  }

  private static final Functions DRIVER = Native.load("libcuda.so.1", Functions.class);

  private TensorMap() {}

  /**
   * The bytes of a map over [batch, rows, k] at an address aligned to 16 bytes, as its rows are.
   *
   * @param box rows of a box
   */
  static byte[] of(long address, DataType type, long batch, long rows, long k, int box) {
    Pointer map = new Memory(BYTES + ALIGNMENT).align(ALIGNMENT);
    long row = k * type.bytes();
    int status =
        DRIVER.cuTensorMapEncodeTiled(
            map,
            type.bytes() == 2 ? UINT16 : UINT32,
            RANK,
            new Pointer(address),
            new long[] {k, rows, batch},
            new long[] {row, row * rows},
            new int[] {LINE_BYTES / type.bytes(), box, 1},
            new int[] {1, 1, 1},
            NO_INTERLEAVE,
            SWIZZLE_128,
            PROMOTE_256,
            ZEROS_OUTSIDE);
    if (status != 0) {
      throw new CudaFault("cuTensorMapEncodeTiled failed with status " + status);
    }
    return map.getByteArray(0, BYTES);
  }
}
