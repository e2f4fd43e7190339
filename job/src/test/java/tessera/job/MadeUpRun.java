package tessera.job;

import java.io.PrintStream;
import tessera.job.records.RunFolder;
import tessera.job.search.MadeUpBackend;
import tessera.job.search.MadeUpMachine;
import tessera.workload.Budget;
import tessera.workload.Workload;

/** A run on the made-up machine, without Spark and without a folder. */
final class MadeUpRun {
  static final Budget BUDGET = new Budget(8, 10);

  private MadeUpRun() {}

  /**
   * @param console what the run says
   */
  static TuningRun of(Workload workload, PrintStream console) {
    return new TuningRun(
        null,
        new Device(
            new MadeUpBackend(),
            (shapes, kernels, plans, dispatch, id) -> {
              throw new UnsupportedOperationException("a made-up run publishes nothing");
            }),
        workload,
        new RunFolder.Settings(
            RunFolder.Settings.SCHEMA_VERSION,
            "made-up.yaml",
            BUDGET,
            Tuner.EVOLUTIONARY,
            1,
            1,
            MadeUpMachine.TARGET),
        null,
        null,
        new Progress(console, false, BUDGET, System.nanoTime()));
  }
}
