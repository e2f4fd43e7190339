/**
 * Benchmarks of bundles, and the records of their figures. Bundles for GPUs are compared with
 * cuBLAS and others by {@code scripts/bench_cuda.py}. Begin at {@link CpuBenchmark}.
 */
package tessera.job.bench;
