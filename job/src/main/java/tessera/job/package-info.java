/**
 * The command line's entry. The commands are in {@code tessera.job.cli}, and what they do is in the
 * packages below it. Begin at {@link Tessera}.
 */
package tessera.job;
