package tessera.backend.cuda;

/** An error that the CUDA driver reported; after most of them the process is of no more use. */
final class CudaFault extends RuntimeException {
  private static final long serialVersionUID = 1;

  CudaFault(String message) {
    super(message);
  }
}
