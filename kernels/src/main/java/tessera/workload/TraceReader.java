package tessera.workload;

import java.util.Optional;
import java.util.SortedMap;
import tessera.UserError;
import tessera.storage.Place;

/** Counts how often each value occurs in a column of a file of real shapes. */
@FunctionalInterface
public interface TraceReader {
  /** The largest value of a shape variable; a double holds it exactly. */
  long MOST_VALUE = 1_000_000_000_000_000L;

  /**
   * @param file CSV with a header line, or Parquet
   * @param column the column that holds the values, whole numbers from 1 to {@link #MOST_VALUE}
   * @param count the column that says how often a row occurred, finite numbers of 0 or more; one
   *     each where absent
   * @throws UserError when the file or a column is missing, or a row holds something else
   */
  SortedMap<Long, Double> read(Place file, String column, Optional<String> count);
}
