package tessera.backend.cuda.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * A driver's description of an operand, by which a kernel fetches boxes of it: 128 bytes of some
 * lines, as {@code fetch_box()} of {@code hopper.cuh} says.
 */
public final class TensorMap {
  private static final int BYTES = 128;
  private static final int ALIGNMENT = 64;

  /** Of a line of a box. */
  public static final int LINE_BYTES = 128;

  /* As cuda.h numbers them. */
  private static final int UINT16 = 1;
  private static final int UINT32 = 2;
  private static final int RANK = 3;
  private static final int NO_INTERLEAVE = 0;
  private static final int SWIZZLE_128 = 3;
  private static final int PROMOTE_256 = 3;
  private static final int ZEROS_OUTSIDE = 0;

  private TensorMap() {}

  /**
   * The bytes of a map over [batch, lines, places] at an address aligned to 16 bytes, as its lines
   * are.
   *
   * @param elementBytes 2 or 4
   * @param apart elements from one line to the next
   * @param box lines of a box
   */
  public static byte[] of(
      long address, int elementBytes, long batch, long lines, long places, long apart, int box) {
    Pointer map = new Memory(BYTES + ALIGNMENT).align(ALIGNMENT);
    long line = apart * elementBytes;
    int status =
        DriverFunctions.INSTANCE.cuTensorMapEncodeTiled(
            map,
            elementBytes == 2 ? UINT16 : UINT32,
            RANK,
            new Pointer(address),
            new long[] {places, lines, batch},
            new long[] {line, line * lines},
            new int[] {LINE_BYTES / elementBytes, box, 1},
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
