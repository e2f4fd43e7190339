package tessera.job.madeup;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import tessera.backend.Backend;
import tessera.backend.Hardware;
import tessera.backend.LibraryBuilder;
import tessera.backend.Peer;
import tessera.backend.Target;
import tessera.backend.cpu.CpuBackend;
import tessera.compile.BuildResult;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/**
 * The made-up device: this machine's cores build and run for it, all else is its own.
 *
 * @param batteries that it has, whatever the target says
 */
record PretendBackend(PretendTarget target, CpuBackend cpu, int batteries) implements Backend {
  /** Another name of the device than that of this machine's cores. */
  static final String DEVICE = "pretend.device";

  @Override
  public Hardware hardware() {
    return Hardware.of(target);
  }

  @Override
  public PretendBackend as(Target other, Duration build) {
    PretendTarget made = (PretendTarget) other;
    return new PretendBackend(made, cpu.as(made.host(), build), batteries);
  }

  @Override
  public long memoryBytes() {
    return cpu.memoryBytes();
  }

  @Override
  public BuildResult build(Workload workload, MicroKernel kernel) {
    return cpu.build(workload, kernel);
  }

  @Override
  public Map<String, Integer> resources(Workload workload, MicroKernel kernel, BuildResult built) {
    return Map.of("batteries", batteries);
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
  public DeviceWorker worker() {
    return cpu.worker();
  }

  @Override
  public List<Vendor> vendors(Workload workload, List<Peer> peers) {
    return List.of();
  }

  @Override
  public String deviceName() {
    return System.getProperty(DEVICE, cpu.deviceName());
  }
}
