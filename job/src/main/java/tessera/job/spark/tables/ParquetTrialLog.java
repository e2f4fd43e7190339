package tessera.job.spark.tables;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Target;
import tessera.job.records.RunFolder;
import tessera.job.records.TrialLog;
import tessera.job.search.Learner;
import tessera.measure.TimingPolicy;
import tessera.microkernel.SearchSpace;
import tessera.operator.Operator;
import tessera.storage.Place;
import tessera.trial.Trial;

/** The trial log as Parquet; what a killed run left of a round is overwritten. */
public final class ParquetTrialLog implements TrialLog {
  private final LoggedRounds rounds;
  private final Operator operator;
  private final SearchSpace space;
  private final Target target;
  private final TimingPolicy policy;

  public ParquetTrialLog(
      Place folder, Operator operator, SearchSpace space, Target target, TimingPolicy policy) {
    this.rounds = new LoggedRounds(folder);
    this.operator = operator;
    this.space = space;
    this.target = target;
    this.policy = policy;
  }

  @Override
  public void append(int round, List<Trial> trials, Learner.Scores scores, double busyShare) {
    List<Row> rows = new ArrayList<>();
    trials.forEach(trial -> rows.add(row(rows.size(), trial)));
    write(rows, TrialColumns.WRITTEN, rounds.trialsOf(round));
    int ok = (int) trials.stream().filter(Trial::isOk).count();
    Row figures =
        RowFactory.create(
            trials.size(),
            ok,
            busyShare,
            scores.heldOut(),
            scores.spearman(),
            scores.priorSpearman(),
            scores.topRecall());
    write(List.of(figures), LoggedRounds.FIGURES, rounds.figuresOf(round));
  }

  private void write(List<Row> rows, StructType schema, Place place) {
    try {
      ParquetTable.write(rows, schema, place);
    } catch (IOException e) {
      throw RunFolder.unwritable(rounds.folder(), e);
    }
  }

  private Row row(int index, Trial trial) {
    List<Row> timings =
        trial.timings().stream()
            .map(
                t ->
                    RowFactory.create(
                        TrialColumns.scala(t.problem().extents()),
                        t.seconds(target.peakGflops()),
                        t.nanos(),
                        t.speeds(),
                        TrialColumns.scala(t.observed())))
            .toList();
    return RowFactory.create(
        TrialColumns.SCHEMA_VERSION,
        index,
        trial.kernel().family(),
        space.family(trial.kernel()).label(trial.kernel()),
        TrialColumns.scala(trial.kernel().parameters()),
        trial.outcome().name(),
        trial.message(),
        TrialColumns.scala(trial.resources()),
        trial.buildNanos(),
        trial.verifyNanos(),
        trial.timeNanos(),
        timings.toArray(),
        trial.worker(),
        trial.beganMicros(),
        target.fingerprint(),
        target.peakGflops(),
        Json.line(policy));
  }

  @Override
  public int nextRound() {
    return rounds.count();
  }

  @Override
  public List<Trial> read() {
    List<Trial> trials = new ArrayList<>();
    int count = rounds.count();
    for (int round = 0; round < count; round++) {
      rounds.trials(round).forEach(row -> trials.add(TrialColumns.trial(row, operator)));
    }
    for (Trial trial : trials) {
      if (!space.covers(trial.kernel())) {
        throw new UserError(
            rounds.folder()
                + " has trials of "
                + trial.kernel().key()
                + ", which this version of Tessera does not search; begin a new run");
      }
    }
    removeLeftovers(count);
    return trials;
  }

  /** A round that was being written when its run was killed: it is measured again. */
  private void removeLeftovers(int round) {
    try {
      rounds.trialsOf(round).delete();
      rounds.figuresOf(round).delete();
    } catch (IOException e) {
      throw RunFolder.unwritable(rounds.folder(), e);
    }
  }
}
