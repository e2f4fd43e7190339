package tessera.job.run;

import java.util.Comparator;
import java.util.OptionalInt;
import tessera.UserError;
import tessera.backend.DeviceReport;
import tessera.backend.Target;
import tessera.measure.HostMemory;
import tessera.workload.Instance;
import tessera.workload.Workload;

/** Hardware that executors have, as the driver of the job knows it. */
public record Device(DeviceReport report) {
  public Target target() {
    return report.target();
  }

  /**
   * The same hardware with the peak of an earlier look.
   *
   * @param earlier equal hardware
   */
  public Device as(Target earlier) {
    return new Device(
        new DeviceReport(
            earlier,
            report.memoryBytes(),
            report.defaultThreads(),
            report.mostThreads(),
            report.restrictions()));
  }

  /**
   * Threads of a call.
   *
   * @param asked by the user; empty for what the hardware has by default
   * @throws UserError where it is not able to run so many
   */
  public int threads(OptionalInt asked) {
    int wanted = asked.orElse(report.defaultThreads());
    if (wanted < 1 || wanted > report.mostThreads()) {
      throw new UserError(
          "--threads must be 1 to "
              + report.mostThreads()
              + " on this target, not "
              + wanted
              + report.restrictions().stream().map(text -> ": " + text).findFirst().orElse(""));
    }
    return wanted;
  }

  /**
   * @throws UserError where an instance's operands and output, each counted once, do not fit
   */
  public void checkMemory(Workload workload) {
    Instance largest =
        workload.instances().stream()
            .max(Comparator.comparingDouble(instance -> bytes(workload, instance)))
            .orElseThrow();
    if (bytes(workload, largest) > report.memoryBytes()) {
      throw new UserError(
          "workload '"
              + workload.name()
              + "' with "
              + workload.variables()
              + " = "
              + largest.values()
              + " has operands and an output of "
              + HostMemory.words(bytes(workload, largest))
              + ", more than the memory of "
              + target().model()
              + " here, "
              + HostMemory.words(report.memoryBytes())
              + "; give smaller extents or tune where there is more");
    }
  }

  private static double bytes(Workload workload, Instance instance) {
    return workload.problem(instance.shape()).bytes(workload.numerics());
  }
}
