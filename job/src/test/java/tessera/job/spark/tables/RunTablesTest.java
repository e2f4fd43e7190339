package tessera.job.spark.tables;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.backend.cuda.Samples;
import tessera.backend.cuda.family.CudaFamily;
import tessera.cost.CostModel;
import tessera.job.records.RunFolder;
import tessera.job.records.TrialLog;
import tessera.job.search.Learner;
import tessera.measure.TimingPolicy;
import tessera.microkernel.Adaptation;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.storage.Place;
import tessera.trial.Trial;
import tessera.workload.Workload;

/** The tables of a run on an H200, part of which this version writes. */
final class RunTablesTest {
  private static final Workload WORKLOAD = Samples.bertDense(Numerics.FLOAT32);
  private static final SearchSpace SPACE = new SearchSpace(CudaFamily.of(Samples.H200, WORKLOAD));

  @TempDir private Path folder;

  private Path run;
  private List<Trial> former;

  @BeforeEach
  void copy() throws IOException {
    run = folder.resolve("runs").resolve("run");
    FileUtils.copyDirectory(new File("src/test/resources/former/cuda-run"), run.toFile());
    former = tables().logged().stream().map(RunTables.Logged::trial).toList();
  }

  private RunTables tables() {
    Place place = Place.of(run);
    return new RunTables(RunFolder.open(place, place.toString()), WORKLOAD.operator());
  }

  private void append(int number, List<Trial> trials, Learner.Learned learned) {
    new ParquetTrialLog(
            Place.of(run), WORKLOAD.operator(), SPACE, Samples.H200, TimingPolicy.onGpu(1, 0))
        .append(new TrialLog.Round(number, trials, learned, 0.5, new TrialLog.Times(1.5, 0.25, 2)));
  }

  @Test
  void logged_aRoundOfThisVersion_hasWhatItsModelSaid() {
    CostModel model = kernel -> new MicroKernelCost(3e-12, 5e-12);
    List<Trial> trials = former.stream().filter(Trial::isOk).limit(2).toList();
    append(
        1,
        trials,
        new Learner.Learned(model, new Learner.Scores(0, 0, 0, 0), Map.of("stages", 0.75)));
    List<RunTables.Logged> logged = tables().logged();
    assertEquals(List.of(), logged.get(0).predicted());
    RunTables.Logged last = logged.get(logged.size() - 1);
    assertEquals(1, last.round());
    assertEquals(1, last.index());
    Trial trial = trials.get(1);
    assertEquals(trial.timings().size(), last.predicted().size());
    Adaptation adaptation =
        SPACE
            .family(trial.kernel())
            .tiling(trial.kernel())
            .adaptation(trial.timings().get(0).problem().gemm(), 1);
    assertEquals(
        adaptation.seconds(new MicroKernelCost(3e-12, 5e-12)), last.predicted().get(0).seconds());
    assertEquals(
        adaptation.seconds(SPACE.family(trial.kernel()).prior(trial.kernel())),
        last.predicted().get(0).priorSeconds());
    List<Row> rounds = tables().rounds();
    assertTrue(rounds.get(0).isNullAt(rounds.get(0).fieldIndex("begin_seconds")));
    Row round = rounds.get(1);
    assertEquals(1.5, round.<Double>getAs("begin_seconds"));
    assertEquals(0.25, round.<Double>getAs("learn_seconds"));
    assertEquals(2, round.<Double>getAs("measure_seconds"));
    assertEquals(Map.of("stages", 0.75), round.getJavaMap(round.fieldIndex("importance")));
  }

  @Test
  void trials_ofANewerVersion_areRefused() throws IOException {
    Place table = Place.of(run.resolve("trials/round=0000"));
    Row row = tables().trials().get(0);
    List<Object> values = new ArrayList<>();
    for (String column : TrialColumns.WRITTEN.fieldNames()) {
      values.add(column.equals("schema_version") ? (Object) 99 : row.getAs(column));
    }
    ParquetTable.write(List.of(RowFactory.create(values.toArray())), TrialColumns.WRITTEN, table);
    UserError error = assertThrows(UserError.class, () -> tables().logged());
    assertEquals(
        table + " was written by a newer Tessera; update Tessera to read it", error.getMessage());
  }

  @Test
  void contest_thatIsDamaged_isAMistakeThatNamesIt() throws IOException {
    Path pass = Files.createDirectories(run.resolve("contest/pass=1"));
    Files.createFile(pass.resolve("_SUCCESS"));
    Path file = Files.writeString(pass.resolve("part-00000.parquet"), "PAR1");
    UserError error = assertThrows(UserError.class, () -> tables().contest());
    assertEquals(
        file
            + " is damaged; remove the folder of its pass, and the run can be read without its contest",
        error.getMessage());
  }
}
