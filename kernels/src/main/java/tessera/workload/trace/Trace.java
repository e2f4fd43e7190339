package tessera.workload.trace;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tessera.UserError;

/**
 * How often each shape was called.
 *
 * @param variables of the workload, in declared order
 * @param counts by the values of the variables, in ascending order
 */
public record Trace(List<String> variables, SortedMap<List<Long>, Double> counts) {
  /** The column of the counts in the traces that Tessera and its bundles write. */
  private static final String CALLS = "calls";

  private static final Comparator<List<Long>> ASCENDING =
      (one, other) -> {
        int order = 0;
        for (int i = 0; order == 0 && i < one.size(); i++) {
          order = Long.compare(one.get(i), other.get(i));
        }
        return order;
      };

  public Trace {
    variables = List.copyOf(variables);
    counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
  }

  public static Trace of(List<String> variables, Map<List<Long>, Double> counts) {
    SortedMap<List<Long>, Double> ordered = new TreeMap<>(ASCENDING);
    ordered.putAll(counts);
    return new Trace(variables, ordered);
  }

  public double calls() {
    return counts.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  public long least(int variable) {
    return counts.keySet().stream().mapToLong(shape -> shape.get(variable)).min().orElse(0);
  }

  public long most(int variable) {
    return counts.keySet().stream().mapToLong(shape -> shape.get(variable)).max().orElse(0);
  }

  /** The name of the column of counts beside those of some variables, none of which has it. */
  public static String callsColumn(List<String> variables) {
    String name = CALLS;
    while (variables.contains(name)) {
      name += "_";
    }
    return name;
  }

  /** A CSV file with a column for each variable and one of the counts. */
  public byte[] csv() {
    StringBuilder text = new StringBuilder();
    variables.forEach(name -> text.append(name).append(','));
    text.append(callsColumn(variables)).append('\n');
    counts.forEach(
        (shape, count) -> {
          shape.forEach(value -> text.append(value).append(','));
          text.append(inDigits(count)).append('\n');
        });
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * A trace as {@link #csv()} wrote it.
   *
   * @throws UserError where it is another text
   */
  public static Trace parse(List<String> variables, byte[] csv) {
    List<String> lines = new String(csv, StandardCharsets.UTF_8).lines().toList();
    String header = String.join(",", variables) + "," + callsColumn(variables);
    if (lines.size() < 2 || !lines.get(0).equals(header)) {
      throw new UserError("there is no list of shapes with the columns " + header);
    }
    Map<List<Long>, Double> counts = new HashMap<>();
    try {
      for (String line : lines.subList(1, lines.size())) {
        List<String> cells = List.of(line.split(",", variables.size() + 1));
        double count = Double.parseDouble(cells.get(variables.size()));
        List<Long> shape = cells.subList(0, variables.size()).stream().map(Long::valueOf).toList();
        if (!(count >= 0 && count < Double.POSITIVE_INFINITY)
            || shape.stream().anyMatch(value -> value < 1 || value > TraceReader.MOST_VALUE)) {
          throw new UserError("the list of shapes has the line " + UserError.quoted(line));
        }
        counts.put(shape, count);
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new UserError("the list of shapes has a line that is none of numbers", e);
    }
    return of(variables, counts);
  }

  private static String inDigits(double count) {
    boolean whole = count == Math.rint(count) && count < TraceReader.MOST_VALUE;
    return whole ? Long.toString((long) count) : Double.toString(count);
  }
}
