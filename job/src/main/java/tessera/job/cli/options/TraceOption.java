package tessera.job.cli.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Option;
import tessera.Count;
import tessera.UserError;
import tessera.storage.Place;
import tessera.workload.trace.Trace;
import tessera.workload.trace.TraceChoice;

/** What production logged, and which of its columns say what. */
public final class TraceOption {
  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "What production logged, a row for each call or for each shape: CSV with a header line,"
              + " or Parquet; a path, or a URI such as hdfs://host/calls.parquet. tune takes its"
              + " shapes and weights in place of those of the workload file.")
  private Optional<Place> file = Optional.empty();

  @Option(
      names = "--column",
      paramLabel = "[VARIABLE=]COLUMN",
      description =
          "The trace's column with the values of a shape variable; by default that of the"
              + " variable's own name. Given once for each.")
  private List<String> columns = new ArrayList<>();

  @Option(
      names = "--count",
      paramLabel = "COLUMN",
      description =
          "The trace's column that says how often a row occurred; by default the column calls where"
              + " the trace has it, and else each row counts once.")
  private Optional<String> count = Optional.empty();

  /**
   * The trace that was named; empty where there is none.
   *
   * @throws UserError where columns of no trace were
   */
  public Optional<TraceChoice> chosen() {
    if (file.isEmpty() && (!columns.isEmpty() || count.isPresent())) {
      throw new UserError("--column and --count are of a trace; give --trace FILE too");
    }
    return file.map(named -> new TraceChoice(named, columns, count));
  }

  /** One sentence on what was read. */
  public String words(Trace trace) {
    String ranges =
        IntStream.range(0, trace.variables().size())
            .mapToObj(
                v -> trace.variables().get(v) + " from " + trace.least(v) + " to " + trace.most(v))
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "trace      %s: %.0f calls of %s, %s",
        file.orElseThrow(),
        trace.calls(),
        Count.of(trace.counts().size(), "shape"),
        ranges);
  }
}
