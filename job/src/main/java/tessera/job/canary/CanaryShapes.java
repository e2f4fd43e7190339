package tessera.job.canary;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tessera.backend.Hardware;
import tessera.dispatch.DecisionTree;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * The shapes of a canary: short calls, so that some of many meet nothing else on the machine, and
 * at least one for each plan that has a short one.
 */
public final class CanaryShapes {
  private static final int SHAPES = 4;

  /** A plan with no shorter call is looked at through others. */
  private static final double MOST_SECONDS = 2e-3;

  /** Of shorter ones the dispatch is a part that counts. */
  private static final double LEAST_SECONDS = 2e-5;

  private CanaryShapes() {}

  /**
   * @param dispatch from a shape to its plan
   * @return at least one
   */
  public static List<List<Long>> of(Workload workload, Hardware hardware, DecisionTree dispatch) {
    double perSecond = 1e9 * hardware.peakGflops(workload);
    List<Instance> byTime =
        workload.instances().stream()
            .sorted(Comparator.comparingDouble(instance -> flops(workload, instance)))
            .toList();
    List<Instance> brief =
        byTime.stream().filter(i -> flops(workload, i) / perSecond <= MOST_SECONDS).toList();
    List<Instance> timed =
        brief.stream().filter(i -> flops(workload, i) / perSecond >= LEAST_SECONDS).toList();
    List<Instance> candidates = timed.isEmpty() ? brief : timed;
    if (candidates.isEmpty()) {
      candidates = byTime.subList(0, 1);
    }
    return chosen(candidates, dispatch).stream().map(Instance::values).toList();
  }

  private static List<Instance> chosen(List<Instance> candidates, DecisionTree dispatch) {
    Set<Instance> chosen = new LinkedHashSet<>();
    Set<Integer> plans = new LinkedHashSet<>();
    for (Instance instance : candidates) {
      if (plans.add(dispatch.select(instance.shape())) && chosen.size() < SHAPES) {
        chosen.add(instance);
      }
    }
    for (int i = 0; i < SHAPES && chosen.size() < SHAPES; i++) {
      chosen.add(candidates.get(i * (candidates.size() - 1) / (SHAPES - 1)));
    }
    return List.copyOf(chosen);
  }

  private static double flops(Workload workload, Instance instance) {
    return workload.problem(instance.shape()).flops();
  }
}
