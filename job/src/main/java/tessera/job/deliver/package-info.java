/**
 * The end of a run: contest, portfolio, pairs, dispatch, publication. Predicted times are in {@code
 * tessera.job.predict}, and the bundle's format in {@code tessera.runtime}. Begin at {@link
 * Delivery}.
 */
package tessera.job.deliver;
