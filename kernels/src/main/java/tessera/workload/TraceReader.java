package tessera.workload;

import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;

/** Counts how often each value occurs in a column of a file of real shapes. */
@FunctionalInterface
public interface TraceReader {
  /**
   * @param file CSV with a header line, or Parquet
   * @param column the column that holds the values, positive integers
   * @param count the column that says how often a row occurred; one each where absent
   * @throws UserError when the file or a column is missing or holds something else
   */
  SortedMap<Long, Double> read(Path file, String column, Optional<String> count);
}
