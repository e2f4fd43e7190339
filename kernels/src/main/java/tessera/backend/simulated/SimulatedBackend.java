package tessera.backend.simulated;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import tessera.Json;
import tessera.backend.Backend;
import tessera.backend.Hardware;
import tessera.backend.LibraryBuilder;
import tessera.backend.Peer;
import tessera.backend.Target;
import tessera.compile.BuildResult;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerRequest;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * A device that is not there: a build sleeps while it has one of its group's cores, a timing sleeps
 * while it has the device, and the times are those of {@link MadeUpSpeeds}.
 */
record SimulatedBackend(SimulatedTarget target, String address) implements Backend {
  private static final long MEMORY_BYTES = 1L << 36;

  /** The cores of each group of this process. */
  private static final Map<SimulatedTarget, Semaphore> CORES = new ConcurrentHashMap<>();

  @Override
  public Hardware hardware() {
    return new SimulatedHardware(target);
  }

  @Override
  public SimulatedBackend as(Target other, Duration build) {
    return new SimulatedBackend((SimulatedTarget) other, address);
  }

  @Override
  public long memoryBytes() {
    return MEMORY_BYTES;
  }

  @Override
  public BuildResult build(Workload workload, MicroKernel kernel) {
    long begin = System.nanoTime();
    BuildResult.Status status = BuildResult.Status.TIMEOUT;
    Semaphore cores =
        CORES.computeIfAbsent(target, t -> new Semaphore(t.devices() * t.cores(), true));
    try {
      cores.acquire();
      try {
        Sleep.seconds(target.buildSeconds());
        status = BuildResult.Status.OK;
      } finally {
        cores.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return new BuildResult(status, Optional.<Path>empty(), "", System.nanoTime() - begin);
  }

  /** There is no such library; the worker reads the micro-kernel from its name. */
  @Override
  public WorkerRequest.Function function(Workload workload, MicroKernel kernel, BuildResult built) {
    return WorkerRequest.Function.kernel(Json.line(kernel), MadeUpSpeeds.name(target, workload));
  }

  @Override
  public List<WorkerRequest.Check> checks(Workload workload) {
    return List.of();
  }

  /** A short instance and a long one, whatever the micro-kernel. */
  @Override
  public List<Problem> probes(Workload workload, MicroKernel kernel) {
    List<Instance> sampled = workload.sampled();
    return workload.problems(List.of(sampled.get(sampled.size() - 1), sampled.get(0)));
  }

  @Override
  public DeviceWorker worker() {
    return new SimulatedWorker(target);
  }

  @Override
  public LibraryBuilder library() {
    return (workload, kernels, plans, dispatch, id) -> {
      throw new UnsupportedOperationException("there is no library for a simulated device");
    };
  }

  @Override
  public List<Vendor> vendors(Workload workload, List<Peer> peers) {
    Peer.refuse(peers, target().model());
    return List.of();
  }

  /** Of this process alone. */
  @Override
  public String deviceName() {
    return "simulated-" + ProcessHandle.current().pid() + "-" + address.replace('/', '-');
  }
}
