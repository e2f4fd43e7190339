/**
 * The commands: options, what is printed, and nothing else. What a command does is in the packages
 * that it calls. Begin at {@link TuneCommand}.
 */
package tessera.job.cli;
