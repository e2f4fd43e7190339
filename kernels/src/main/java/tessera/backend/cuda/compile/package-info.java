/**
 * From the source of a CUDA kernel to machine code, by NVRTC or nvcc, in processes with deadlines.
 * What the source says is decided in {@code tessera.backend.cuda.family}. Begin at {@link
 * CudaCompiler}.
 */
package tessera.backend.cuda.compile;
