/**
 * Bundles: writing, reading and checking them, and calling the tuned operator from Java. The choice
 * of what a bundle contains is in {@code tessera.job.deliver}. Begin at {@link Bundle}, or at
 * {@link TunedOperator} to use one.
 */
package tessera.runtime;
