package tessera.job.spark.watch;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import tessera.trial.Trial;

/**
 * A line of the log for each step and each trial of a run, at level INFO, which is not shown where
 * nobody asks for it. Run, step and trial are in the context of each line, by the keys below, from
 * where a structured layout takes them; what Spark logs meanwhile, here and in the tasks of
 * executors, has those of run and step too.
 */
final class RunJournal {
  private static final Logger LOG = LoggerFactory.getLogger("tessera.run");

  static final String RUN = "run";
  static final String STEP = "step";
  private static final String TRIAL = "trial";
  private static final String OUTCOME = "outcome";

  private RunJournal() {}

  static void enters() {
    LOG.info("begins");
  }

  /** Trials are named by their places in their round, as in the trial log. */
  static void measured(List<Trial> trials) {
    for (int i = 0; i < trials.size(); i++) {
      Trial trial = trials.get(i);
      try (MDC.MDCCloseable place = MDC.putCloseable(TRIAL, Integer.toString(i));
          MDC.MDCCloseable outcome = MDC.putCloseable(OUTCOME, trial.outcome().name())) {
        LOG.info("{} by {} {}", trial.kernel().key(), trial.worker(), trial.message());
      }
    }
  }
}
