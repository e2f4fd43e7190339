package tessera.job.spark.tables;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.backend.cuda.Samples;
import tessera.backend.cuda.family.CudaFamily;
import tessera.job.spark.Sessions;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.storage.Place;
import tessera.trial.Trial;
import tessera.workload.Workload;

/** A log of version 4, as a run on an H200 wrote it. */
final class FormerLogTest {
  private static final Place RUN = Place.of("src/test/resources/former/cuda-run");

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = Sessions.start();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static Row first() {
    return new LoggedRounds(RUN)
        .trials(0).stream()
            .filter(row -> row.getAs("outcome").equals("OK"))
            .findFirst()
            .orElseThrow();
  }

  @Test
  void resources_ofItsColumns_areNamed() {
    assertEquals(
        Map.of("registers", 167, "resident_blocks", 1, "shared_bytes", 32768),
        TrialColumns.resources(first()));
  }

  /** The log has a parameter named even, which is streamK today. */
  @Test
  void kernels_ofFormerParameters_haveTodays() {
    List<Row> rows = new LoggedRounds(RUN).trials(0);
    SearchSpace space =
        new SearchSpace(CudaFamily.of(Samples.H200, Samples.bertDense(Numerics.FLOAT32)));
    long streamK = 0;
    for (Row row : rows) {
      assertFalse(row.getJavaMap(row.fieldIndex("parameters")).containsKey("streamK"));
      MicroKernel kernel = TrialColumns.kernel(row);
      assertTrue(space.covers(kernel), kernel.key());
      streamK += kernel.parameters().getOrDefault("streamK", 0);
    }
    assertTrue(streamK > 0, "some of them divide their work by stream-K");
  }

  @Test
  void extents_ofItsColumns_areThoseOfTheOperatorsAxes() {
    Row timing = first().<Row>getList(first().fieldIndex("timings")).get(0);
    assertEquals(
        Map.of("m", 960L, "n", 2304L, "k", 768L), TrialColumns.extents(timing, Operator.DENSE));
    assertEquals(
        Map.of("b", 1L, "m", 960L, "n", 2304L, "k", 768L),
        TrialColumns.extents(timing, Operator.BATCH_MATMUL_NT));
  }

  @Test
  void read_forItsRunToGoOn_hasProblemsOfItsOperator(@TempDir Path folder) throws IOException {
    FileUtils.copyDirectory(new File("src/test/resources/former/cuda-run"), folder.toFile());
    Workload workload = Samples.bertDense(Numerics.FLOAT32);
    ParquetTrialLog log =
        new ParquetTrialLog(
            Place.of(folder),
            workload.operator(),
            new SearchSpace(CudaFamily.of(Samples.H200, workload)),
            Samples.H200,
            TimingPolicy.onGpu(1, 0));
    assertEquals(1, log.nextRound());
    Trial good = log.read().stream().filter(Trial::isOk).findFirst().orElseThrow();
    assertEquals(
        new Problem(Operator.DENSE, Map.of("m", 960L, "n", 2304L, "k", 768L)),
        good.timings().get(0).problem());
  }

  @Test
  void observed_ofItsColumns_isNamed() {
    List<Row> timings = first().getList(first().fieldIndex("timings"));
    Map<String, double[]> observed = TrialColumns.observed(timings.get(0));
    assertEquals(List.of("clock_mhz", "reference_gflops"), List.copyOf(observed.keySet()));
    assertEquals(7, observed.get("clock_mhz").length);
    assertEquals(1981.4, observed.get("clock_mhz")[0]);
    assertEquals(7, observed.get("reference_gflops").length);
    assertEquals(0, TrialColumns.doubles(timings.get(0), "probe_gflops").length);
  }

  @Test
  void references_ofItsColumns_areShown() {
    List<RunFigures.Reference> references = RunFigures.read(spark, RUN).references();
    assertEquals(
        List.of(
            new RunFigures.Reference(
                "localhost:1784 cuda-CUDA_VISIBLE_DEVICES-0",
                44325.320218179484,
                51683.51854809191,
                55518.32109618807)),
        references);
  }
}
