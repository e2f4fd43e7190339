/**
 * What the end of a run times: on which shapes, in which order, how often and until when. Begin at
 * {@link DeliveryTimer}.
 */
package tessera.job.deliver.timing;
