package tessera.job.spark.tables;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import tessera.backend.cuda.Samples;
import tessera.backend.cuda.family.CudaFamily;
import tessera.job.records.TrialLog;
import tessera.job.search.Learner;
import tessera.measure.Outcome;
import tessera.measure.TimingPolicy;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.storage.Place;
import tessera.trial.Trial;
import tessera.workload.Workload;

/** The log of a run in which no trial was right. */
public final class FailedLog {
  public static final String MESSAGE = "ptxas has a bad day";

  private static final int TRIALS = 12;

  private FailedLog() {}

  /** Puts such a log in the place of that of a run on a GPU. */
  public static void replace(Path run) throws IOException {
    FileUtils.deleteDirectory(run.resolve("trials").toFile());
    FileUtils.deleteDirectory(run.resolve("rounds").toFile());
    Workload workload = Samples.bertDense(Numerics.FLOAT32);
    SearchSpace space = new SearchSpace(CudaFamily.of(Samples.H200, workload));
    SplittableRandom random = new SplittableRandom();
    List<Trial> failed =
        Stream.generate(() -> space.sample(random))
            .limit(TRIALS)
            .map(
                kernel ->
                    new Trial(
                        kernel,
                        Outcome.BUILD_FAILED,
                        MESSAGE,
                        Map.of(),
                        1_000_000,
                        0,
                        0,
                        List.of(),
                        "host:1 cuda-0"))
            .toList();
    new ParquetTrialLog(
            Place.of(run),
            workload.operator(),
            space,
            Samples.H200,
            TimingPolicy.onGpu(TimingPolicy.TRIAL_ROUNDS, 0))
        .append(
            new TrialLog.Round(
                0,
                failed,
                new Learner.Learned(
                    kernel -> space.family(kernel).prior(kernel), new Learner.Scores(0, 0, 0, 0)),
                0,
                new TrialLog.Times(1, 0, 2)));
  }
}
