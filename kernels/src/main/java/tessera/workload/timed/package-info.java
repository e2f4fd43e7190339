/**
 * Which shapes of a workload are timed: so many that none of the range is far from one ({@link
 * tessera.workload.timed.Coverage}), and a few beyond the range ({@link
 * tessera.workload.timed.BeyondRange}).
 */
package tessera.workload.timed;
