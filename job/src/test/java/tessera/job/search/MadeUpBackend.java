package tessera.job.search;

import java.util.List;
import tessera.backend.Backend;
import tessera.backend.LibraryBuilder;
import tessera.backend.cpu.CpuDot;
import tessera.backend.cpu.CpuGemm;
import tessera.backend.cpu.CpuTarget;
import tessera.compile.BuildResult;
import tessera.effort.Breadth;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.effort.EffortTable;
import tessera.effort.Pace;
import tessera.effort.SearchTraits;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Problem;
import tessera.worker.WorkerRequest;
import tessera.workload.Effort;
import tessera.workload.Workload;

/** The made-up machine as a backend: it can be searched, and nothing is compiled or run on it. */
public final class MadeUpBackend implements Backend {
  @Override
  public CpuTarget target() {
    return MadeUpMachine.TARGET;
  }

  @Override
  public long memoryBytes() {
    return 1L << 34;
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
  public String deviceName() {
    return "made-up";
  }

  @Override
  public List<Vendor> vendors(Workload workload) {
    return List.of();
  }

  @Override
  public EffortRow effort(Effort effort) {
    return EffortTable.row("cpu", effort);
  }

  @Override
  public SearchTraits searchTraits() {
    return new SearchTraits(32, Breadth.NARROW);
  }

  @Override
  public DeliveryTraits deliveryTraits(Workload workload) {
    return new DeliveryTraits(false, 2, 1, 2, 1, 2, 8, 0.01, 0.01, new Pace(0.01, 1, 0, 0, 0, 0));
  }

  @Override
  public LibraryBuilder library() {
    throw nothingRuns();
  }

  @Override
  public BuildResult build(Workload workload, MicroKernel kernel) {
    throw nothingRuns();
  }

  @Override
  public WorkerRequest.Function function(Workload workload, MicroKernel kernel, BuildResult built) {
    throw nothingRuns();
  }

  @Override
  public List<WorkerRequest.Check> checks(Workload workload) {
    throw nothingRuns();
  }

  @Override
  public List<Problem> probes(Workload workload, MicroKernel kernel) {
    throw nothingRuns();
  }

  @Override
  public List<String> workerCommand() {
    throw nothingRuns();
  }

  private static UnsupportedOperationException nothingRuns() {
    return new UnsupportedOperationException("nothing runs on a made-up machine");
  }
}
