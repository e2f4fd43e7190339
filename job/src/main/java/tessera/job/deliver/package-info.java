/**
 * The end of a run: selection, publication, and a look at shapes that were not timed before. What a
 * contest is chosen from and how is in {@code tessera.job.deliver.choice}, how long all that takes
 * in {@code tessera.job.deliver.timing}, predicted times in {@code tessera.job.predict}, and the
 * bundle's format in {@code tessera.runtime}. Begin at {@link Delivery}.
 */
package tessera.job.deliver;
