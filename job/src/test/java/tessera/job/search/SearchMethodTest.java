package tessera.job.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tessera.effort.EffortRow;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;
import tessera.workload.timed.Sampling;

final class SearchMethodTest {
  private static EffortRow covering(int instances) {
    return new EffortRow(1, instances, 2, 0, 0, 2, 0, 1, 3, 0, 2, 2);
  }

  @Test
  void instances_ofASearchThatCovers_areDenserAtTheShortOnes() {
    Workload workload =
        WorkloadSpec.of(MadeUpMachine.WORKLOAD)
            .on(
                LongStream.rangeClosed(1, 40)
                    .mapToObj(t -> new Instance(List.of(t), 1.0 / 40))
                    .toList());
    assertNotEquals(workload.sampled(), workload.sampledTowardsShort(5));
    assertEquals(
        workload.sampledTowardsShort(5),
        SearchMethod.EVOLUTIONARY.instances(workload, covering(5), Sampling.EVEN));
    assertEquals(
        workload.sampled(),
        SearchMethod.EVOLUTIONARY.instances(workload, covering(0), Sampling.EVEN));
    assertEquals(
        workload.sampled(), SearchMethod.RANDOM.instances(workload, covering(5), Sampling.EVEN));
  }

  @Test
  void instances_closeToAll_haveATenthOfTheirWeightAlike() {
    Workload workload =
        WorkloadSpec.of(MadeUpMachine.WORKLOAD)
            .on(LongStream.rangeClosed(1, 40).mapToObj(t -> new Instance(List.of(t), t)).toList());
    List<Instance> close = Sampling.CLOSE.of(workload, workload.samples());
    List<Instance> searched =
        SearchMethod.EVOLUTIONARY.instances(workload, covering(0), Sampling.CLOSE);
    assertEquals(close.size(), searched.size());
    for (int i = 0; i < close.size(); i++) {
      assertEquals(close.get(i).values(), searched.get(i).values());
      assertEquals(
          0.1 / close.size() + 0.9 * close.get(i).weight(), searched.get(i).weight(), 1e-12);
    }
  }
}
