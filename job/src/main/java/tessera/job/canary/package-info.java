/**
 * The canary: whether a bundle still takes what it took when it was made, told by a few short
 * blocks. Begin at {@link Canary}; docs/retuning.md has the statistics.
 */
package tessera.job.canary;
