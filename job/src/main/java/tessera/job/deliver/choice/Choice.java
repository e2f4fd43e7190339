package tessera.job.deliver.choice;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.workload.Instance;

/**
 * What a dispatcher has to choose from.
 *
 * @param alone seconds of [kernel][instance]; what was expected where one was not timed
 * @param plans one for each of the first kernels, which the portfolio consists of
 * @param seconds of [plan][instance]; NaN where one was not timed
 */
public record Choice(
    List<MicroKernel> kernels,
    List<Instance> instances,
    double[][] alone,
    List<LaunchPlan> plans,
    double[][] seconds) {
  /** Whether any of the kernels is one of some. */
  public boolean uses(Predicate<MicroKernel> some) {
    return kernels.stream().anyMatch(some);
  }

  /**
   * The same without some kernels: their plans go, a pair whose second kernel goes is left with its
   * first, and a kernel that no plan is left to use goes too.
   *
   * @return empty where no plan is left
   */
  public Optional<Choice> without(Predicate<MicroKernel> failing) {
    int[] kept =
        IntStream.range(0, kernels.size())
            .filter(k -> !failing.test(kernels.get(k)))
            .filter(k -> plans.stream().anyMatch(plan -> uses(plan, k, failing)))
            .toArray();
    List<Integer> places = Arrays.stream(kept).boxed().toList();
    List<LaunchPlan> plansLeft = new ArrayList<>();
    List<double[]> secondsLeft = new ArrayList<>();
    for (int p = 0; p < plans.size(); p++) {
      LaunchPlan plan = plans.get(p);
      int main = places.indexOf(plan.main());
      int edge = places.indexOf(plan.edge());
      if (main >= 0) {
        boolean broken = plan.combines() && edge < 0;
        plansLeft.add(
            plan.combines() && !broken
                ? new LaunchPlan(main, edge, plan.rows(), plan.most())
                : LaunchPlan.single(main));
        secondsLeft.add(broken ? alone[plan.main()] : seconds[p]);
      }
    }
    if (plansLeft.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Choice(
            places.stream().map(kernels::get).toList(),
            instances,
            Arrays.stream(kept).mapToObj(k -> alone[k]).toArray(double[][]::new),
            plansLeft,
            secondsLeft.toArray(double[][]::new)));
  }

  /** Whether a plan that stays runs a kernel. */
  private boolean uses(LaunchPlan plan, int kernel, Predicate<MicroKernel> failing) {
    boolean stays = !failing.test(kernels.get(plan.main()));
    return stays && plan.kernels().contains(kernel);
  }
}
