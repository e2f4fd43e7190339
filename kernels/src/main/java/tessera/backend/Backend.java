package tessera.backend;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tessera.compile.BuildResult;
import tessera.measure.DeviceLock;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/**
 * A device that this process has: what can be built for it, and what measures on it. What its
 * target alone tells is its {@link Hardware}. A {@link BackendProvider} finds it, on the executors
 * of a job.
 */
public interface Backend {
  /** What is known of it without having it. */
  Hardware hardware();

  default Target target() {
    return hardware().target();
  }

  /**
   * The same device with the peak that was measured when its hardware was first found, so that all
   * processes of a run normalise alike.
   *
   * @param target equal hardware
   * @param build the longest that a compile may take
   */
  Backend as(Target target, Duration build);

  /** Memory that operands and outputs can have on this hardware. */
  long memoryBytes();

  /**
   * One sentence on what keeps this process from using all of the hardware, where something does.
   */
  default Optional<String> restriction() {
    return Optional.empty();
  }

  /** Threads of a call where nobody sets them. */
  default int defaultThreads() {
    return 1;
  }

  /** The most threads of a call, where that is a choice. */
  default int mostThreads() {
    return 1;
  }

  /** A micro-kernel with all that a bundle needs of it. */
  BuildResult build(Workload workload, MicroKernel kernel);

  /** As {@link #build}, but perhaps without paths that none of the problems takes; for a trial. */
  default BuildResult buildForTrial(Workload workload, MicroKernel kernel, List<Problem> problems) {
    return build(workload, kernel);
  }

  /**
   * What a micro-kernel takes of the device, counts by name, when it was built for a trial; for the
   * log.
   */
  default Map<String, Integer> resources(Workload workload, MicroKernel kernel, BuildResult built) {
    return Map.of();
  }

  /** Makes the C library of a bundle for this hardware. */
  LibraryBuilder library();

  /** How a built micro-kernel is called by the worker. */
  WorkerRequest.Function function(Workload workload, MicroKernel kernel, BuildResult built);

  /** Awkward problems that a micro-kernel must be right on before it is timed. */
  List<WorkerRequest.Check> checks(Workload workload);

  /**
   * The problems that f_MK is measured on: sized by the micro-kernel, with the workload's fixed
   * extents and none of its instances, though aligned as most of them are. They start with a full
   * wave and more, and have a single tile among them; where the reduction's length is a variable,
   * the last has a longer one.
   */
  List<Problem> probes(Workload workload, MicroKernel kernel);

  /** Another that checks and times functions on it, which starts when it is first called. */
  DeviceWorker worker();

  /**
   * Libraries of others that can do the workload on this machine, each in the forms that it has.
   *
   * @param peers to be among them
   * @throws tessera.UserError where one of these cannot be used
   */
  List<Vendor> vendors(Workload workload, List<Peer> peers);

  /**
   * A name for {@link DeviceLock}, which every process of this host has for the same physical
   * device and for no other.
   */
  String deviceName();

  /**
   * A library's function.
   *
   * @param version empty where nobody knows it
   * @param form of the weights that it is given
   */
  record Vendor(String name, String version, WeightsForm form, WorkerRequest.Function function) {
    /** Its name with its version and the form of its weights. */
    public String label() {
      return form.label(name, version);
    }
  }
}
