/**
 * Locks in folders that several hosts share: by the operating system on a disk, by leases where
 * files are elsewhere. Begin at {@link PlaceLock}.
 */
package tessera.job.lock;
