/**
 * Joins the runs and bundles of several hosts in one folder. Begin at {@link
 * tessera.job.merge.Merge}.
 */
package tessera.job.merge;
