/**
 * What analysis gives: plain records, without Spark. What a run did not record is a {@link Known}
 * that says why.
 */
package tessera.analysis.figures;
