package tessera.measure;

/**
 * What a built micro-kernel takes of a GPU, by its compiler.
 *
 * @param registers of a thread
 * @param spillBytes of a thread's registers that were moved to memory
 * @param sharedBytes of a block
 * @param residentBlocks that a multiprocessor holds at once
 */
public record Resources(int registers, int spillBytes, int sharedBytes, int residentBlocks) {
  /** Where nothing is known, or no GPU is concerned. */
  public static final Resources UNKNOWN = new Resources(0, 0, 0, 0);
}
