/**
 * What an NVIDIA GPU is, and its driver through JCuda: a device, its memory, modules, functions and
 * faults, with one check of its codes. What is launched and why is in {@code
 * tessera.backend.cuda.measure}. Begin at {@link CudaDevice}.
 */
package tessera.backend.cuda.driver;
