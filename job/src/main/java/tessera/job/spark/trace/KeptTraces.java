package tessera.job.spark.trace;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import tessera.storage.Place;
import tessera.workload.trace.TraceReader;

/** Reads each trace once: a run's report asks for what the run itself asked for. */
public final class KeptTraces implements TraceReader {
  private record Question(Place file, List<String> columns, Optional<String> count) {}

  private final TraceReader reader;
  private final Map<Question, Map<List<Long>, Double>> read = new ConcurrentHashMap<>();

  public KeptTraces(TraceReader reader) {
    this.reader = reader;
  }

  @Override
  public List<String> columns(Place file) {
    return reader.columns(file);
  }

  @Override
  public Map<List<Long>, Double> read(Place file, List<String> columns, Optional<String> count) {
    return read.computeIfAbsent(
        new Question(file, columns, count), asked -> reader.read(file, columns, count));
  }
}
