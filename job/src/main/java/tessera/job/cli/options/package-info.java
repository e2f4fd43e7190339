/** Options that several commands have. */
package tessera.job.cli.options;
