package tessera.job.spark.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tessera.storage.Place;
import tessera.workload.trace.TraceReader;

final class KeptTracesTest {
  private final List<String> read = new ArrayList<>();

  private final TraceReader traces =
      new KeptTraces(
          new TraceReader() {
            @Override
            public List<String> columns(Place file) {
              return List.of(file.name());
            }

            @Override
            public Map<List<Long>, Double> read(
                Place file, List<String> columns, Optional<String> count) {
              read.add(file.name() + columns + count.orElse(""));
              return Map.of(List.of((long) read.size()), 1.0);
            }
          });

  private Map<List<Long>, Double> read(String file, String column, Optional<String> count) {
    return traces.read(Place.of(Path.of(file)), List.of(column), count);
  }

  @Test
  void read_theSameAgain_readsItOnce() {
    Map<List<Long>, Double> first = read("a.csv", "length", Optional.empty());
    assertEquals(first, read("a.csv", "length", Optional.empty()));
    assertEquals(List.of("a.csv[length]"), read);
  }

  @Test
  void read_anotherFileOrColumnOrCount_readsThat() {
    read("a.csv", "length", Optional.empty());
    read("a.csv", "rows", Optional.empty());
    read("a.csv", "length", Optional.of("times"));
    read("b.csv", "length", Optional.empty());
    assertEquals(
        List.of("a.csv[length]", "a.csv[rows]", "a.csv[length]times", "b.csv[length]"), read);
  }
}
