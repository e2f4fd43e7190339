package tessera.job.madeup;

import tessera.backend.Hardware;
import tessera.backend.cpu.CpuGemm;
import tessera.effort.Breadth;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.effort.Pace;
import tessera.effort.SearchTraits;
import tessera.measure.TimingPolicy;
import tessera.microkernel.SearchSpace;
import tessera.workload.Effort;
import tessera.workload.Workload;

/**
 * The made-up device with few micro-kernels, of which runs measure all: whatever happens to a run,
 * it should deliver the one that is the fastest on all shapes.
 */
record PretendFewHardware(PretendTarget target) implements Hardware {
  /** Says of a driver that the device is to be such a one. */
  static final String PROPERTY = "pretend.few";

  @Override
  public SearchSpace space(Workload workload) {
    return PretendFewTiles.space(new CpuGemm(target.host(), workload));
  }

  @Override
  public EffortRow effort(Effort effort) {
    return new EffortRow(1, 0, 3, 0, 0, 3, 0, 5, 3, 0, 1, 1);
  }

  @Override
  public SearchTraits searchTraits() {
    return new SearchTraits(5, Breadth.NARROW, false);
  }

  @Override
  public DeliveryTraits deliveryTraits(Workload workload) {
    return new DeliveryTraits(
        true, 2, 1, 2, 1, 1, 2, 2, 7, 0, 0.01, 0.02, 0.5, new Pace(0.01, 1, 0, 0, 0, 3));
  }

  /** Many short blocks: a machine that is far too busy interrupts each long one. */
  @Override
  public TimingPolicy policy(Workload workload, int rounds, int threads) {
    return new TimingPolicy(3 * rounds, 100_000, 30_000, 0, threads, 1e9);
  }
}
