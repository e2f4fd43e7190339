package tessera.backend;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a process that has a device tells of it to one that has not.
 *
 * @param memoryBytes that operands and outputs can have there
 * @param defaultThreads of a call, where nobody sets them
 * @param mostThreads of a call, where that is a choice; else 1
 * @param restrictions a sentence on each thing that keeps that process from using all of the
 *     hardware
 */
public record DeviceReport(
    Target target,
    long memoryBytes,
    int defaultThreads,
    int mostThreads,
    List<String> restrictions) {
  public DeviceReport {
    restrictions = List.copyOf(restrictions);
  }

  /** Of a device that this process has. */
  public static DeviceReport of(Backend backend) {
    return new DeviceReport(
        backend.target(),
        backend.memoryBytes(),
        backend.defaultThreads(),
        backend.mostThreads(),
        backend.restriction().stream().toList());
  }

  /** What equal hardware of two hosts has in common, as the first calls it. */
  public DeviceReport leastOf(DeviceReport other) {
    return new DeviceReport(
        target,
        Math.min(memoryBytes, other.memoryBytes),
        Math.min(defaultThreads, other.defaultThreads),
        Math.min(mostThreads, other.mostThreads),
        Stream.of(restrictions, other.restrictions).flatMap(List::stream).distinct().toList());
  }
}
