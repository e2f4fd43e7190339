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
import tessera.cost.CostModel;
import tessera.job.records.RunFolder;
import tessera.job.records.TrialLog;
import tessera.job.search.Learner;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.microkernel.Adaptation;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
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
  public void append(Round round) {
    List<Row> rows = new ArrayList<>();
    round.trials().forEach(trial -> rows.add(row(rows.size(), trial, round)));
    write(rows, TrialColumns.WRITTEN, rounds.trialsOf(round.number()));
    write(List.of(figures(round)), LoggedRounds.FIGURES, rounds.figuresOf(round.number()));
  }

  private static Row figures(Round round) {
    Learner.Scores scores = round.learned().scores();
    return RowFactory.create(
        round.trials().size(),
        (int) round.trials().stream().filter(Trial::isOk).count(),
        round.busyShare(),
        scores.heldOut(),
        scores.spearman(),
        scores.priorSpearman(),
        scores.topRecall(),
        round.times().begin(),
        round.times().learn(),
        round.times().measure(),
        TrialColumns.scala(round.learned().importance()),
        round.learned().seeding().rows(),
        round.learned().seeding().anchors(),
        TrialColumns.scala(round.learned().seeding().factors()));
  }

  private void write(List<Row> rows, StructType schema, Place place) {
    try {
      ParquetTable.write(rows, schema, place);
    } catch (IOException e) {
      throw RunFolder.unwritable(rounds.folder(), e);
    }
  }

  private Row row(int index, Trial trial, Round round) {
    CostModel model = round.learned().model();
    List<Row> timings =
        trial.timings().stream().map(timing -> timing(trial.kernel(), timing, model)).toList();
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
        Json.line(policy),
        round.seeds().getOrDefault(trial.kernel(), ""));
  }

  /**
   * @param model that the micro-kernel was proposed by
   */
  private Row timing(MicroKernel kernel, Timing timing, CostModel model) {
    KernelFamily family = space.family(kernel);
    Adaptation adaptation = family.tiling(kernel).adaptation(timing.problem().gemm(), 1);
    return RowFactory.create(
        TrialColumns.scala(timing.problem().extents()),
        timing.seconds(target.peakGflops()),
        timing.nanos(),
        timing.speeds(),
        TrialColumns.scala(timing.observed()),
        adaptation.seconds(model.predict(kernel)),
        adaptation.seconds(family.prior(kernel)));
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
