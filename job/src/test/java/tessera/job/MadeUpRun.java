package tessera.job;

import java.io.PrintStream;
import java.util.Optional;
import tessera.job.records.Onlooker;
import tessera.job.records.RunFolder;
import tessera.job.run.Progress;
import tessera.job.run.TuningRun;
import tessera.job.search.MadeUpHardware;
import tessera.job.search.MadeUpMachine;
import tessera.job.search.SearchMethod;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Workload;

/** A run on the made-up machine, without Spark and without a folder. */
public final class MadeUpRun {
  public static final Budget BUDGET = new Budget(8, 10);

  private MadeUpRun() {}

  /**
   * @param console what the run says
   */
  public static TuningRun of(Workload workload, PrintStream console) {
    return new TuningRun(
        null,
        new MadeUpHardware(),
        Long.MAX_VALUE,
        workload,
        new RunFolder.Settings(
            RunFolder.Settings.SCHEMA_VERSION,
            "made-up.yaml",
            Effort.QUICK,
            BUDGET,
            SearchMethod.EVOLUTIONARY,
            1,
            1,
            false,
            MadeUpMachine.TARGET),
        null,
        null,
        Optional.empty(),
        new Progress(console, false, BUDGET, System.nanoTime(), Onlooker.NONE));
  }
}
