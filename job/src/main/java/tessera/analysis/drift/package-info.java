/**
 * Whether the shapes that are called are still those that a bundle was tuned for, and what retuning
 * would gain. Begin at {@link DriftReader}.
 */
package tessera.analysis.drift;
