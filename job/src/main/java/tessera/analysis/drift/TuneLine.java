package tessera.analysis.drift;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tessera.analysis.figures.Known;
import tessera.analysis.read.Source;
import tessera.backend.Backends;
import tessera.backend.OperandMemory;
import tessera.job.records.RunFolder;
import tessera.storage.Place;
import tessera.workload.trace.TraceChoice;

/** The command that tunes a bundle's workload for a trace. */
final class TuneLine {
  private TuneLine() {}

  /** As a shell takes it, with the settings that the bundle's run had. */
  static Known<String> of(Source source, TraceChoice trace) {
    String name = source.workload().name();
    return source
        .run()
        .then(
            run ->
                isThere(Place.of(run.settings().workloadFile()))
                    ? Known.of(line(source, run, trace))
                    : Known.not(
                        "the workload file "
                            + run.settings().workloadFile()
                            + " is no longer there; give tune another of "
                            + name
                            + ", with --trace "
                            + RunFolder.inAShell(trace.file().toString())));
  }

  private static boolean isThere(Place file) {
    try {
      return file.isFile();
    } catch (IOException e) {
      return false; // nor is it for tune
    }
  }

  private static String line(Source source, Source.Run run, TraceChoice trace) {
    RunFolder.Settings settings = run.settings();
    List<String> words = new ArrayList<>(List.of("tessera", "tune", settings.workloadFile()));
    words.addAll(List.of("--trace", trace.file().toString()));
    trace.columns().forEach(column -> words.addAll(List.of("--column", column)));
    trace.count().ifPresent(count -> words.addAll(List.of("--count", count)));
    words.addAll(List.of("--effort", settings.effort().key()));
    if (source.target().operandMemory() == OperandMemory.HOST) {
      words.addAll(List.of("--threads", Integer.toString(settings.threads())));
    }
    Backends.of(source.target())
        .narrowing(source.target())
        .ifPresent(isa -> words.addAll(List.of("--isa", isa)));
    words.addAll(List.of("--warm-from", run.folder().path().toString()));
    words.addAll(List.of("--out", run.folder().out().toString()));
    return words.stream().map(RunFolder::inAShell).collect(Collectors.joining(" "));
  }
}
