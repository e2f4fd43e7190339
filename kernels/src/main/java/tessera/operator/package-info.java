/**
 * Operators with their operands, types, epilogues and tolerances, and plain reference results.
 * Which shapes count is in {@code tessera.workload}, and how an operator is computed fast in the
 * back ends. Begin at {@link Operator}.
 */
package tessera.operator;
