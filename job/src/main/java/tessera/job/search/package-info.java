/**
 * The search: the loop, its strategies, and what they know of the trials so far. It is plain Java,
 * without Spark and without back ends. Begin at {@link TuningLoop}.
 */
package tessera.job.search;
