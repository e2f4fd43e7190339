package tessera.backend.cuda;

import java.util.Map;
import java.util.OptionalDouble;
import tessera.backend.Hardware;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaFamily;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.effort.EffortTable;
import tessera.effort.SearchTraits;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.workload.Effort;
import tessera.workload.Workload;

/** What a GPU's limits tell. */
record CudaHardware(CudaTarget target) implements Hardware {
  @Override
  public SearchSpace space(Workload workload) {
    return new SearchSpace(CudaFamily.searched(target, workload));
  }

  @Override
  public EffortRow effort(Effort effort) {
    return EffortTable.row(CudaTarget.KIND, effort);
  }

  @Override
  public EffortRow warmEffort(Effort effort) {
    return EffortTable.warmRow(CudaTarget.KIND, effort);
  }

  @Override
  public SearchTraits searchTraits() {
    return CudaEffort.SEARCH;
  }

  @Override
  public DeliveryTraits deliveryTraits(Workload workload) {
    return CudaEffort.delivery(workload);
  }

  @Override
  public double peakGflops(Workload workload) {
    return CudaFamily.peakGflops(target, workload);
  }

  @Override
  public OptionalDouble occupancy(
      Workload workload, MicroKernel kernel, Map<String, Integer> resources) {
    Integer blocks = resources.get("resident_blocks");
    if (blocks == null) {
      return OptionalDouble.empty();
    }
    int threads = CudaFamily.of(target, workload, kernel).launch(kernel).threads();
    return OptionalDouble.of((double) blocks * threads / target.threadsPerMultiprocessor());
  }

  /** Weights come from beyond the second-level cache, as those of a whole network do. */
  @Override
  public TimingPolicy policy(Workload workload, int rounds, int threads) {
    return TimingPolicy.onGpu(rounds, 2 * target.l2Bytes());
  }
}
