package tessera.job.spark;

import java.util.List;
import tessera.job.records.TrialLog;
import tessera.job.spark.watch.ClusterWatch;
import tessera.trial.Trial;

/** A trial log whose reading and writing are watched. */
record WatchedLog(TrialLog log, ClusterWatch watch) implements TrialLog {
  @Override
  public void append(Round round) {
    watch.run(
        "write trial log",
        () -> {
          log.append(round);
          return round.number();
        });
  }

  @Override
  public List<Trial> read() {
    return watch.run("read trial log", log::read);
  }

  @Override
  public int nextRound() {
    return log.nextRound();
  }
}
