package tessera.job.deliver.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.FAMILY;
import static tessera.job.search.MadeUpMachine.SPACE;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.dispatch.LaunchPlan;
import tessera.job.predict.Extrapolation;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.operator.GemmShape;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

final class PairProposalsTest {
  /** Pads rows to a vector, where the other one has as many as there are. */
  private static final MicroKernel LARGE = withRows(16, 1);

  private static final MicroKernel SMALL = withRows(2, 0);
  private static final Workload SHORT = lengths(LongStream.rangeClosed(17, 28));

  private static Workload lengths(LongStream lengths) {
    return new WorkloadSpec(
            "rows",
            "dense",
            "float32",
            "none",
            List.of("T"),
            Map.of("m", "T", "n", "256", "k", "512"))
        .anywhere()
        .withInstances(lengths.mapToObj(t -> new Instance(List.of(t), 1)).toList());
  }

  private static MicroKernel withRows(int rows, int vectorOverM) {
    SplittableRandom random = new SplittableRandom(3);
    return Stream.generate(() -> SPACE.sample(random))
        .filter(kernel -> kernel.get("vectorOverM") == vectorOverM)
        .filter(kernel -> FAMILY.tiling(kernel).tileM() == rows)
        .findFirst()
        .orElseThrow();
  }

  /** What becomes of the large one, where steps take so long on all instances. */
  private static Optional<LaunchPlan> promising(Workload workload, double large, double small) {
    return promising(workload, large, small, List.of());
  }

  private static Optional<LaunchPlan> promising(
      Workload workload, double large, double small, List<LaunchPlan> others) {
    List<Instance> instances = workload.sampled(12);
    List<GemmShape> shapes = instances.stream().map(i -> workload.shape(i.shape())).toList();
    double[][] seconds = {times(LARGE, large, shapes), times(SMALL, small, shapes)};
    List<MicroKernel> kernels = List.of(LARGE, SMALL);
    Extrapolation prices =
        new Extrapolation(SPACE, workload, 1, kernels, new Extrapolation.Table(instances, seconds));
    double[] weights = instances.stream().mapToDouble(Instance::weight).toArray();
    return new PairProposals(prices, SPACE, kernels, 0.01).promising(0, others, shapes, weights);
  }

  private static double[] times(MicroKernel kernel, double step, List<GemmShape> shapes) {
    MicroKernelCost cost = new MicroKernelCost(step, 1e-13);
    return shapes.stream()
        .mapToDouble(shape -> FAMILY.tiling(kernel).adaptation(shape, 1).seconds(cost))
        .toArray();
  }

  @Test
  void promising_fewRowsThatALargeTileWastes_areGivenToTheSmallOne() {
    LaunchPlan plan = promising(SHORT, 1e-11, 1.3e-11).orElseThrow();
    assertEquals(1, plan.edge());
    assertEquals(16, plan.rows());
    assertTrue(plan.most() >= 2 && plan.most() <= 12, plan.toString());
  }

  /** 2 rows are left of all these: what is never seen is served by prediction. */
  @Test
  void promising_lengthsThatNoInstanceHas_areGivenAwayToo() {
    Workload alike = lengths(LongStream.of(18, 34, 50, 66));
    LaunchPlan plan = promising(alike, 1e-11, 1.3e-11).orElseThrow();
    assertTrue(plan.most() > 2 && plan.most() <= 12, plan.toString());
  }

  @Test
  void promising_slowEdgeKernel_isNotUsed() {
    assertEquals(Optional.empty(), promising(SHORT, 1e-11, 2e-10));
  }

  @Test
  void promising_whereAnotherKernelIsFasterAnyhow_thereIsNothingToSave() {
    assertEquals(Optional.empty(), promising(SHORT, 1e-11, 5e-12, List.of(LaunchPlan.single(1))));
  }
}
