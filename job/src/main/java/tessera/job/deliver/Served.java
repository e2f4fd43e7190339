package tessera.job.deliver;

import java.util.ArrayList;
import java.util.List;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.runtime.BundleManifest;

/**
 * What serves one form of weights, as they are or prepared.
 *
 * @param plans over the kernels, in the order of the tree's labels
 * @param expected measured times, with indices of the plans
 */
public record Served(
    List<MicroKernel> kernels,
    List<LaunchPlan> plans,
    DecisionTree dispatch,
    List<BundleManifest.Expected> expected) {
  /** All micro-kernels of this and of another. */
  List<MicroKernel> kernelsWith(Served other) {
    List<MicroKernel> all = new ArrayList<>(kernels);
    other.kernels.stream().filter(kernel -> !all.contains(kernel)).forEach(all::add);
    return List.copyOf(all);
  }

  /** The plans over a list that has all of the kernels. */
  List<LaunchPlan> plansOver(List<MicroKernel> all) {
    return plans.stream()
        .map(
            plan ->
                new LaunchPlan(
                    all.indexOf(kernels.get(plan.main())),
                    plan.combines() ? all.indexOf(kernels.get(plan.edge())) : plan.edge(),
                    plan.rows(),
                    plan.most()))
        .toList();
  }
}
