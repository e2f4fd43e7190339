/**
 * Verifying and timing on a GPU, in the worker process, beside cuBLAS, with launches by the C run
 * time of bundles. The process itself is in {@code tessera.worker}, and timings are judged in
 * {@code tessera.trial}. Begin at {@link CudaRunner}.
 */
package tessera.backend.cuda.measure;
