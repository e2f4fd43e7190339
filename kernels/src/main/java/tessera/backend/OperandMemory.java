package tessera.backend;

/** The memory that operands and outputs are in when a bundle's operator is called. */
public enum OperandMemory {
  /** Of the calling process. */
  HOST,
  /** Of the device, by its driver's addresses. */
  DEVICE
}
