package tessera.job.spark.trace;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import tessera.job.spark.watch.ClusterWatch;
import tessera.storage.Place;
import tessera.workload.trace.TraceReader;

/** Reads traces by actions that the watch knows by their files. */
public record WatchedTraces(TraceReader reader, ClusterWatch watch) implements TraceReader {
  @Override
  public List<String> columns(Place file) {
    return watch.run("read trace " + file.name(), () -> reader.columns(file));
  }

  @Override
  public Map<List<Long>, Double> read(Place file, List<String> columns, Optional<String> count) {
    return watch.run("read trace " + file.name(), () -> reader.read(file, columns, count));
  }
}
