/**
 * What all measuring shares: outcomes, timings, the timing policy, deadlines, and the lock of a
 * device. How a kind of hardware is timed is in its back end, and the process that does it in
 * {@code tessera.worker}. Begin at {@link TimingPolicy}.
 */
package tessera.measure;
