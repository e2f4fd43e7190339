/**
 * What former runs measured, as a search begins with it: which of it is used, how it is brought to
 * another workload and to hardware that runs otherwise, and what is measured first. It is plain
 * Java, without Spark. Begin at {@link tessera.job.warm.WarmStart}.
 */
package tessera.job.warm;
