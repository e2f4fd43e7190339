package tessera.job.cluster;

import java.util.List;
import java.util.Map;

/**
 * A worker of a standalone cluster.
 *
 * @param memory as Spark writes it, such as {@code 1g}
 * @param gpus addresses that its discovery script tells; none for a worker without GPUs
 * @param environment of the worker, which its executors inherit
 */
public record WorkerSpec(
    int cores, String memory, List<String> gpus, Map<String, String> environment) {
  public static WorkerSpec of(int cores) {
    return new WorkerSpec(cores, "2g", List.of(), Map.of());
  }

  public WorkerSpec withGpus(String... addresses) {
    return new WorkerSpec(cores, memory, List.of(addresses), environment);
  }

  public WorkerSpec with(Map<String, String> variables) {
    return new WorkerSpec(cores, memory, gpus, variables);
  }
}
