/**
 * The whole of a run, from search to bundle. Its parts are in {@code tessera.job.run} and {@code
 * tessera.job.deliver}. Begin at {@link Tuner}.
 */
package tessera.job.tune;
