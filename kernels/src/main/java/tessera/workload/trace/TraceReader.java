package tessera.workload.trace;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tessera.UserError;
import tessera.storage.Place;

/** Reads files of real shapes: CSV with a header line, also compressed, or Parquet. */
public interface TraceReader {
  /** The largest value of a shape variable; a double holds it exactly. */
  long MOST_VALUE = 1_000_000_000_000_000L;

  /**
   * The names of a file's columns.
   *
   * @throws UserError when the file is missing or cannot be read
   */
  List<String> columns(Place file);

  /**
   * How often each combination of values occurs.
   *
   * @param columns those that hold the values, whole numbers from 1 to {@link #MOST_VALUE}; at
   *     least one
   * @param count the column that says how often a row occurred, finite numbers of 0 or more; one
   *     each where absent
   * @throws UserError when the file or a column is missing, or a row holds something else
   */
  Map<List<Long>, Double> read(Place file, List<String> columns, Optional<String> count);

  /** As {@link #read(Place, List, Optional)}, of one column. */
  default SortedMap<Long, Double> read(Place file, String column, Optional<String> count) {
    SortedMap<Long, Double> histogram = new TreeMap<>();
    read(file, List.of(column), count)
        .forEach((values, times) -> histogram.put(values.get(0), times));
    return histogram;
  }
}
