package tessera.analysis.read;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import tessera.Json;
import tessera.analysis.figures.Known;
import tessera.job.spark.tables.RunTables;
import tessera.microkernel.FormerNames;
import tessera.microkernel.MicroKernel;

/** What a run logged, read once. */
public final class Log {
  private final Known<RunTables> tables;
  private Optional<List<RunTables.Logged>> trials = Optional.empty();
  private Optional<List<Row>> rounds = Optional.empty();
  private Optional<List<Contestant>> contest = Optional.empty();

  /** A micro-kernel on an instance of the contest. */
  public record Contestant(
      int pass, MicroKernel kernel, List<Long> shape, double weight, double seconds) {}

  /**
   * @param tables of the run
   */
  public Log(Known<RunTables> tables) {
    this.tables = tables;
  }

  /** In their order; none where there is no run. */
  public List<RunTables.Logged> trials() {
    if (trials.isEmpty()) {
      trials = Optional.of(tables.map(RunTables::logged).orElse(List.of()));
    }
    return trials.get();
  }

  List<Row> rounds() {
    if (rounds.isEmpty()) {
      rounds = Optional.of(tables.map(RunTables::rounds).orElse(List.of()));
    }
    return rounds.get();
  }

  /** Both passes in their order; none where there was no contest. */
  public List<Contestant> contest() {
    if (contest.isEmpty()) {
      List<Contestant> rows = new ArrayList<>();
      tables.value().ifPresent(some -> some.contest().forEach(row -> rows.add(contestant(row))));
      contest = Optional.of(List.copyOf(rows));
    }
    return contest.get();
  }

  private static Contestant contestant(Row row) {
    String family = row.getAs("family");
    return new Contestant(
        row.getAs("pass"),
        new MicroKernel(
            family, FormerNames.current(family, row.getJavaMap(row.fieldIndex("parameters")))),
        List.copyOf(row.<Long>getList(row.fieldIndex("shape"))),
        row.getAs("weight"),
        row.getAs("seconds"));
  }

  /**
   * That of the trials, of all the same: its fields by their names, of which older runs have more.
   */
  Known<Map<String, Object>> policy() {
    return tables.then(some -> Known.of(some.policy().map(Log::policy), "no round is finished"));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> policy(String line) {
    return new TreeMap<String, Object>(Json.record(line, Map.class));
  }
}
