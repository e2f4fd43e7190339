package tessera.job.madeup;

import java.util.List;
import java.util.Map;
import tessera.backend.Backend;
import tessera.backend.LibraryBuilder;
import tessera.backend.cpu.CpuBackend;
import tessera.compile.BuildResult;
import tessera.effort.Breadth;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.effort.Pace;
import tessera.effort.SearchTraits;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Problem;
import tessera.worker.WorkerRequest;
import tessera.workload.Effort;
import tessera.workload.Workload;

/** The made-up device: this machine's cores build and run for it, all else is its own. */
record PretendBackend(PretendTarget target, CpuBackend cpu) implements Backend {
  @Override
  public long memoryBytes() {
    return cpu.memoryBytes();
  }

  @Override
  public SearchSpace space(Workload workload) {
    return cpu.space(workload);
  }

  @Override
  public EffortRow effort(Effort effort) {
    return new EffortRow(1, 0, 2, 0, 0, 2, 0, 1, 3, 0, 2, 2);
  }

  @Override
  public SearchTraits searchTraits() {
    return new SearchTraits(4, Breadth.NARROW);
  }

  @Override
  public DeliveryTraits deliveryTraits(Workload workload) {
    return new DeliveryTraits(true, 2, 1, 2, 1, 1, 2, 0.5, 0.5, new Pace(0.01, 1, 0, 0, 0, 3));
  }

  @Override
  public BuildResult build(Workload workload, MicroKernel kernel) {
    return cpu.build(workload, kernel);
  }

  @Override
  public Map<String, Integer> resources(Workload workload, MicroKernel kernel, BuildResult built) {
    return Map.of("batteries", target.batteries());
  }

  @Override
  public LibraryBuilder library() {
    return cpu.library();
  }

  @Override
  public WorkerRequest.Function function(Workload workload, MicroKernel kernel, BuildResult built) {
    return cpu.function(workload, kernel, built);
  }

  @Override
  public List<WorkerRequest.Check> checks(Workload workload) {
    return cpu.checks(workload);
  }

  @Override
  public List<Problem> probes(Workload workload, MicroKernel kernel) {
    return cpu.probes(workload, kernel);
  }

  @Override
  public TimingPolicy policy(Workload workload, int rounds, int threads) {
    return new TimingPolicy(rounds, 100_000, 10_000, 0, threads, 1e9);
  }

  @Override
  public List<String> workerCommand() {
    return cpu.workerCommand();
  }

  @Override
  public List<Vendor> vendors(Workload workload) {
    return List.of();
  }

  @Override
  public String deviceName() {
    return cpu.deviceName();
  }
}
