/**
 * Searches without a device, over what a run has measured, to compare strategies. Begin at {@link
 * Replay}.
 */
package tessera.job.replay;
