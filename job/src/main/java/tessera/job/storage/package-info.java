/**
 * File systems that URIs name, reached through Hadoop's clients, which nothing else uses. What is
 * stored in them is not known here. Begin at {@link HadoopPlaces}.
 */
package tessera.job.storage;
