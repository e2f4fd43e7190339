package tessera.job.cli.options;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tessera.UserError;
import tessera.workload.WorkloadSpec;

/** {@code --shape T=9}: a value for each of a workload's shape variables. */
public final class ShapeOption {
  private ShapeOption() {}

  /**
   * The values in the order of the variables.
   *
   * @param assignments each VARIABLE=VALUE
   */
  public static List<Long> values(WorkloadSpec workload, List<String> assignments) {
    Map<String, Long> given = new HashMap<>();
    for (String assignment : assignments) {
      String[] parts = assignment.split("=", 2);
      String name = parts[0].strip();
      if (parts.length < 2) {
        throw new UserError(
            "--shape takes VARIABLE=VALUE, not "
                + UserError.quoted(assignment)
                + example(workload));
      }
      if (!workload.variables().contains(name)) {
        throw new UserError(
            workload.name()
                + " has no shape variable "
                + UserError.quoted(name)
                + example(workload));
      }
      if (given.put(name, value(name, parts[1].strip())) != null) {
        throw new UserError("--shape gives " + name + " twice; give it once");
      }
    }
    List<Long> values = new ArrayList<>();
    for (String name : workload.variables()) {
      if (!given.containsKey(name)) {
        throw new UserError("--shape lacks a value of " + name + example(workload));
      }
      values.add(given.get(name));
    }
    return values;
  }

  private static String example(WorkloadSpec workload) {
    if (workload.variables().isEmpty()) {
      return "; it has none, leave --shape out";
    }
    return "; give --shape "
        + workload.variables().stream().map(name -> name + "=9").collect(Collectors.joining(","));
  }

  private static long value(String name, String text) {
    if (!text.matches("\\d{1,18}") || Long.parseLong(text) == 0) {
      throw new UserError(
          "--shape gives "
              + name
              + " the value "
              + UserError.quoted(text)
              + "; give a whole number from 1 to 999999999999999999");
    }
    return Long.parseLong(text);
  }
}
