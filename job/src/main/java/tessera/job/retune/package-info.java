/**
 * Bundles kept fresh: whether the newest of each workload is still right for what the executors
 * have, and a new one in its place where it is not. Begin at {@link Retune}.
 */
package tessera.job.retune;
