package tessera.job.search;

import java.util.List;
import tessera.backend.Hardware;
import tessera.backend.cpu.CpuDot;
import tessera.backend.cpu.CpuGemm;
import tessera.backend.cpu.CpuTarget;
import tessera.effort.Breadth;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.effort.EffortTable;
import tessera.effort.Pace;
import tessera.effort.SearchTraits;
import tessera.measure.TimingPolicy;
import tessera.microkernel.SearchSpace;
import tessera.workload.Effort;
import tessera.workload.Workload;

/** What the made-up machine tells: it can be searched, and nothing is compiled or run on it. */
public final class MadeUpHardware implements Hardware {
  @Override
  public CpuTarget target() {
    return MadeUpMachine.TARGET;
  }

  @Override
  public SearchSpace space(Workload workload) {
    return new SearchSpace(
        List.of(new CpuGemm(target(), workload), new CpuDot(target(), workload)));
  }

  @Override
  public TimingPolicy policy(Workload workload, int rounds, int threads) {
    return TimingPolicy.onCpu(rounds, threads);
  }

  @Override
  public EffortRow effort(Effort effort) {
    return EffortTable.row("cpu", effort);
  }

  @Override
  public SearchTraits searchTraits() {
    return new SearchTraits(32, Breadth.NARROW, false);
  }

  @Override
  public DeliveryTraits deliveryTraits(Workload workload) {
    return new DeliveryTraits(
        false, 2, 1, 2, 1, 2, 2, 8, 13, 0, 0.01, 0.02, 0.01, new Pace(0.01, 1, 0, 0, 0, 0));
  }
}
