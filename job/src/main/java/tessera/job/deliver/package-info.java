/**
 * The end of a run: selection, publication, and a look at shapes that were not timed before. Who
 * takes part in a contest and what is chosen of it is in {@code tessera.job.deliver.choice}, what
 * is timed and until when in {@code tessera.job.deliver.timing}, predicted times in {@code
 * tessera.job.predict}, and the bundle's format in {@code tessera.runtime}. Begin at {@link
 * Delivery}.
 */
package tessera.job.deliver;
