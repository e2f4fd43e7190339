package tessera.backend;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.effort.SearchTraits;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.workload.Effort;
import tessera.workload.Workload;

/**
 * What a target alone tells of hardware: how it is searched, and how it is timed. Nothing here
 * needs a device, a compiler or a vendor's driver, so the driver of a job has it of hardware that
 * only executors have.
 */
public interface Hardware {
  /** That of a target of any back end. */
  static Hardware of(Target target) {
    return Backends.of(target).hardware(target);
  }

  Target target();

  SearchSpace space(Workload workload);

  /** What an effort asks of a run on this hardware. */
  EffortRow effort(Effort effort);

  /** As {@link #effort}, of a run that begins with what former runs measured. */
  default EffortRow warmEffort(Effort effort) {
    return effort(effort);
  }

  /** How micro-kernels are searched for on this hardware. */
  SearchTraits searchTraits();

  /** What this hardware wants of the end of a run. */
  DeliveryTraits deliveryTraits(Workload workload);

  /** Roughly the speed at which this hardware can do the workload. */
  default double peakGflops(Workload workload) {
    return target().peakGflops();
  }

  /**
   * The share that a micro-kernel keeps busy of the threads that the hardware can hold at once.
   *
   * @param resources what the micro-kernel takes of a device, as {@link Backend} logged it
   * @return empty where nothing here tells
   */
  default OptionalDouble occupancy(
      Workload workload, MicroKernel kernel, Map<String, Integer> resources) {
    return OptionalDouble.empty();
  }

  /** Bytes that a bundle of some micro-kernels takes for prepared weights; 0 where it has none. */
  default long preparedBytes(Workload workload, List<MicroKernel> kernels) {
    return 0;
  }

  /**
   * How functions of a workload are timed on this hardware.
   *
   * @param rounds interleaved blocks of each function
   * @param threads of a call, where that is a choice
   */
  TimingPolicy policy(Workload workload, int rounds, int threads);
}
