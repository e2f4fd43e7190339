/**
 * A run: its device and settings, its search, and the progress that people see. What comes behind
 * the search is in {@code tessera.job.deliver}. Begin at {@link TuningRun}.
 */
package tessera.job.run;
