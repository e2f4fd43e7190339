/** Benchmarks of what keeps bundles fresh. Begin at {@link CanaryBenchmark}. */
package tessera.job.bench.retune;
