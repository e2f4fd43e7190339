package tessera.backend.simulated;

import tessera.backend.Hardware;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.effort.SearchTraits;
import tessera.measure.TimingPolicy;
import tessera.microkernel.SearchSpace;
import tessera.workload.Effort;
import tessera.workload.Workload;

/** What a simulated device tells is what the hardware tells that it pretends to be. */
record SimulatedHardware(SimulatedTarget target) implements Hardware {
  private Hardware like() {
    return Hardware.of(target.like());
  }

  @Override
  public SearchSpace space(Workload workload) {
    return like().space(workload);
  }

  @Override
  public EffortRow effort(Effort effort) {
    return like().effort(effort);
  }

  @Override
  public EffortRow warmEffort(Effort effort) {
    return like().warmEffort(effort);
  }

  @Override
  public SearchTraits searchTraits() {
    return like().searchTraits();
  }

  @Override
  public DeliveryTraits deliveryTraits(Workload workload) {
    return like().deliveryTraits(workload);
  }

  @Override
  public double peakGflops(Workload workload) {
    return like().peakGflops(workload);
  }

  @Override
  public TimingPolicy policy(Workload workload, int rounds, int threads) {
    return like().policy(workload, rounds, threads);
  }
}
