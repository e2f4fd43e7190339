/**
 * What keeps a run from hanging on its cluster, and what lets it be watched from outside: every
 * action of Spark goes through {@link ClusterWatch}, which names it, bounds it, and says why it
 * ended where the cluster is to blame.
 */
package tessera.job.spark.watch;
