package tessera.backend.cuda.driver;

/** An error that the CUDA driver reported; after most of them the process is of no more use. */
public final class CudaFault extends RuntimeException {
  private static final long serialVersionUID = 1;

  public CudaFault(String message) {
    super(message);
  }
}
