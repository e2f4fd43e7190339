package tessera.cost;

import java.util.Arrays;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;

/**
 * f_MK by boosted trees. The trees predict how much longer than the prior says one padded
 * multiply-add takes, at a given ratio of elements moved to multiply-adds; two ratios give the two
 * numbers of a {@link MicroKernelCost}.
 */
public final class LearnedCost implements CostModel {
  /**
   * Elements per step of a call that mostly computes, and of one that moves much; the range of real
   * instances.
   */
  private static final double LEAN = 1.0 / 512;

  private static final double RICH = 1.0 / 16;

  private final SearchSpace space;
  private final BoostedTrees trees;

  public LearnedCost(SearchSpace space, BoostedTrees trees) {
    this.space = space;
    this.trees = trees;
  }

  @Override
  public MicroKernelCost predict(MicroKernel kernel) {
    double lean = perStep(kernel, LEAN);
    double rich = perStep(kernel, RICH);
    double element = Math.max(0, (rich - lean) / (RICH - LEAN));
    return new MicroKernelCost(Math.max(lean - element * LEAN, lean / 4), element);
  }

  private double perStep(MicroKernel kernel, double ratio) {
    return Math.exp(trees.predict(features(space, kernel, ratio)))
        * priorPerStep(space.family(kernel), kernel, ratio);
  }

  /**
   * The row that the trees are trained and asked on: the micro-kernel's features, then the
   * logarithm of the ratio.
   */
  public static double[] features(SearchSpace space, MicroKernel kernel, double ratio) {
    double[] own = space.features(kernel);
    double[] row = Arrays.copyOf(own, own.length + 1);
    row[own.length] = Math.log(ratio);
    return row;
  }

  /** The prior's seconds for one padded multiply-add with its share of the elements. */
  public static double priorPerStep(KernelFamily family, MicroKernel kernel, double ratio) {
    MicroKernelCost prior = family.prior(kernel);
    return prior.secondsPerStep() + ratio * prior.secondsPerElement();
  }
}
