/**
 * Which micro-kernels, alone and in pairs, a run delivers: those that a contest on real instances
 * shows to be needed. Begin at {@link ContestSelection} and {@link ContestTimes}.
 */
package tessera.job.deliver.choice;
