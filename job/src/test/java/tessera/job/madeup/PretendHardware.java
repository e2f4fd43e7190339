package tessera.job.madeup;

import tessera.backend.Hardware;
import tessera.effort.Breadth;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.effort.Pace;
import tessera.effort.SearchTraits;
import tessera.measure.TimingPolicy;
import tessera.microkernel.SearchSpace;
import tessera.workload.Effort;
import tessera.workload.Workload;

/** What the made-up device tells: it is searched as the cores that do its work. */
record PretendHardware(PretendTarget target) implements Hardware {
  @Override
  public SearchSpace space(Workload workload) {
    return Hardware.of(target.host()).space(workload);
  }

  @Override
  public EffortRow effort(Effort effort) {
    return new EffortRow(1, 0, 2, 0, 0, 2, 0, 1, 3, 0, 2, 2);
  }

  @Override
  public SearchTraits searchTraits() {
    return new SearchTraits(4, Breadth.NARROW, false);
  }

  @Override
  public DeliveryTraits deliveryTraits(Workload workload) {
    return new DeliveryTraits(
        true, 2, 1, 2, 1, 1, 2, 2, 7, 0, 0.5, 0.02, 0.5, new Pace(0.01, 1, 0, 0, 0, 3));
  }

  @Override
  public TimingPolicy policy(Workload workload, int rounds, int threads) {
    return new TimingPolicy(rounds, 100_000, 10_000, 0, threads, 1e9);
  }
}
