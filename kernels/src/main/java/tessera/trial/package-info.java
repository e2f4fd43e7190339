/**
 * A candidate on this machine, from source to timings: build, verify, time, in that order. Which
 * candidates there are is decided in {@code tessera.job.search}. Begin at {@link TrialRunner}.
 */
package tessera.trial;
