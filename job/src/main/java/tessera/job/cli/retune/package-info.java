/** The command that keeps bundles fresh. Begin at {@link RetuneCommand}. */
package tessera.job.cli.retune;
