package tessera.cost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.microkernel.Tiling;

/**
 * f_MK by boosted trees. The trees predict how much longer than the prior says one padded
 * multiply-add takes, at a given ratio of elements moved to multiply-adds; the ratios of one tile
 * alone and of many give the two numbers of a {@link MicroKernelCost}.
 */
public final class LearnedCost implements CostModel {
  private static final String RATIO = "logElementsPerStep";

  private final SearchSpace space;
  private final BoostedTrees trees;

  public LearnedCost(SearchSpace space, BoostedTrees trees) {
    this.space = space;
    this.trees = trees;
  }

  @Override
  public MicroKernelCost predict(MicroKernel kernel) {
    return between(space.family(kernel), kernel, ratio -> perStep(kernel, ratio));
  }

  /**
   * The two numbers that agree with what a multiply-add takes where a tile stands alone and where
   * there are many.
   *
   * @param perStep seconds of a padded multiply-add, by the ratio of elements moved to
   *     multiply-adds
   */
  public static MicroKernelCost between(
      KernelFamily family, MicroKernel kernel, DoubleUnaryOperator perStep) {
    Tiling tiling = family.tiling(kernel);
    double leanRatio = tiling.leanRatio();
    double richRatio = tiling.richRatio();
    double lean = perStep.applyAsDouble(leanRatio);
    double element =
        richRatio > leanRatio
            ? Math.max(0, (perStep.applyAsDouble(richRatio) - lean) / (richRatio - leanRatio))
            : family.prior(kernel).secondsPerElement();
    return new MicroKernelCost(Math.max(lean - element * leanRatio, lean / 4), element);
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
    return features(space, space.family(kernel), kernel, ratio);
  }

  /**
   * As {@link #features(SearchSpace, MicroKernel, double)}, as the family of another space sees it.
   *
   * @param measured the family of the same name for another workload or target
   */
  public static double[] features(
      SearchSpace space, KernelFamily measured, MicroKernel kernel, double ratio) {
    double[] own = space.features(kernel, measured);
    double[] row = Arrays.copyOf(own, own.length + 1);
    row[own.length] = Math.log(ratio);
    return row;
  }

  /** Names of {@link #features}, in order. */
  public static List<String> featureNames(SearchSpace space) {
    List<String> names = new ArrayList<>(space.featureNames());
    names.add(RATIO);
    return names;
  }

  /** The prior's seconds for one padded multiply-add with its share of the elements. */
  public static double priorPerStep(KernelFamily family, MicroKernel kernel, double ratio) {
    MicroKernelCost prior = family.prior(kernel);
    return prior.secondsPerStep() + ratio * prior.secondsPerElement();
  }
}
