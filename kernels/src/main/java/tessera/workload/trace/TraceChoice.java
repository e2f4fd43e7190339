package tessera.workload.trace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tessera.UserError;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/**
 * A trace that a command names in place of a workload's own shapes and weights.
 *
 * @param columns each {@code VARIABLE=COLUMN}, or a column alone where there is one variable; a
 *     variable that is not among them has the column of its own name
 * @param count the column that says how often a row occurred; where absent, that of the traces that
 *     bundles write, if the file has it, and else each row counts once
 */
public record TraceChoice(Place file, List<String> columns, Optional<String> count) {
  private static final int MOST_NAMED = 20;

  public TraceChoice {
    columns = List.copyOf(columns);
  }

  /** A trace as {@link Trace#csv()} and bundles write it. */
  public static TraceChoice written(Place file) {
    return new TraceChoice(file, List.of(), Optional.empty());
  }

  /**
   * @param variables of the workload, in declared order
   * @throws UserError where the trace is not one of these variables, or a row holds no number
   */
  public Trace read(TraceReader reader, List<String> variables) {
    if (variables.isEmpty()) {
      throw new UserError(
          "--trace has no use here: the workload has one fixed shape; leave it out");
    }
    checkThere();
    Map<String, String> chosen = chosen(variables);
    List<String> there = reader.columns(file);
    List<String> wanted = new ArrayList<>();
    for (String variable : variables) {
      String column = chosen.getOrDefault(variable, variable);
      if (!there.contains(column)) {
        throw lacking(variable, column, there, variables.size());
      }
      wanted.add(column);
    }
    Optional<String> calls =
        count.or(
            () ->
                Optional.of(Trace.callsColumn(variables))
                    .filter(name -> there.contains(name) && !wanted.contains(name)));
    return Trace.of(variables, reader.read(file, wanted, calls));
  }

  private void checkThere() {
    try {
      if (!file.isFile() && !file.isFolder()) {
        throw new UserError(
            "the trace " + file + " of --trace does not exist; give a CSV or Parquet file");
      }
    } catch (IOException e) {
      throw StorageFailure.of("the trace " + file + " cannot be read", e, "check its permissions");
    }
  }

  private Map<String, String> chosen(List<String> variables) {
    Map<String, String> chosen = new HashMap<>();
    for (String text : columns) {
      int sign = text.indexOf('=');
      String variable = sign < 0 ? variables.get(0) : text.substring(0, sign).strip();
      if (sign < 0 && variables.size() > 1) {
        throw new UserError(
            "--column "
                + UserError.quoted(text)
                + " does not say for which of the variables "
                + variables
                + "; give --column "
                + variables.get(0)
                + "="
                + UserError.shortened(text));
      }
      if (!variables.contains(variable)) {
        throw new UserError(
            "--column names the shape variable "
                + UserError.quoted(variable)
                + ", and the workload has "
                + variables
                + "; give --column VARIABLE=COLUMN with one of these");
      }
      if (chosen.put(variable, text.substring(sign + 1).strip()) != null) {
        throw new UserError("--column gives " + variable + " twice; give it once");
      }
    }
    return chosen;
  }

  private UserError lacking(String variable, String column, List<String> there, int variables) {
    return new UserError(
        "the trace "
            + file
            + " has no column "
            + UserError.quoted(column)
            + " for the shape variable "
            + variable
            + "; it has "
            + there.stream()
                .limit(MOST_NAMED)
                .map(UserError::quoted)
                .collect(Collectors.joining(", "))
            + ": give --column "
            + (variables > 1 ? variable + "=" : "")
            + "COLUMN");
  }
}
