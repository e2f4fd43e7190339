/**
 * Traces of real shapes: what is read of them, and how one stands in for the shapes of a workload
 * file. Begin at {@link TraceChoice}.
 */
package tessera.workload.trace;
