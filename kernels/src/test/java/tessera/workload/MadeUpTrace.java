package tessera.workload;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import tessera.storage.Place;
import tessera.workload.trace.TraceReader;

/**
 * The same trace whatever the file.
 *
 * @param columns their names, in any order
 */
public record MadeUpTrace(Map<List<Long>, Double> counts, List<String> names)
    implements TraceReader {
  MadeUpTrace(Map<List<Long>, Double> counts, String... names) {
    this(counts, List.of(names));
  }

  @Override
  public List<String> columns(Place file) {
    return names;
  }

  @Override
  public Map<List<Long>, Double> read(Place file, List<String> columns, Optional<String> count) {
    return counts;
  }
}
