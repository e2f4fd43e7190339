/**
 * How much a run does: one literal table of what each effort asks of each kind of target, and what
 * back ends add to it. Searching and measuring by these numbers is the job's part. Begin at {@link
 * EffortTable}.
 */
package tessera.effort;
