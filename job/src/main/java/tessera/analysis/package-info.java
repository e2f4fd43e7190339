/**
 * What runs and bundles recorded, for reports, notebooks and users: a run's folder or a bundle in,
 * on this machine or elsewhere, plain records and DataFrames out. Begin at {@link Analysis}.
 */
package tessera.analysis;
