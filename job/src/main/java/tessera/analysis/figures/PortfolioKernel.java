package tessera.analysis.figures;

import java.util.Map;

/**
 * A micro-kernel of a bundle.
 *
 * @param resources what it takes of its device, such as {@code registers} and {@code spill_bytes}
 * @param occupancy share of a multiprocessor's threads that its blocks fill
 * @param dispatchedShare share of the measured shapes, by weight, whose plan has it
 */
public record PortfolioKernel(
    int kernel,
    String name,
    String family,
    Map<String, Integer> parameters,
    Known<Map<String, Integer>> resources,
    Known<Double> occupancy,
    Known<Double> dispatchedShare) {}
