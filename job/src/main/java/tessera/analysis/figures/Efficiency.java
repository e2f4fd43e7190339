package tessera.analysis.figures;

/**
 * How well micro-kernels fit a shape.
 *
 * @param padding useful over computed multiply-adds, in (0, 1]
 * @param wave mean over greatest work of the parallel parts, in (0, 1]
 */
public record Efficiency(double padding, double wave) {}
