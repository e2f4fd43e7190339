package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.commons.io.FileUtils;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.analysis.Analysis;
import tessera.analysis.Recording;
import tessera.job.Tessera;
import tessera.job.records.RunFolder;
import tessera.job.spark.Cluster;
import tessera.storage.Place;

/** What the command and tune say of a report; what is in it, tests of {@code report} look at. */
final class ReportCommandTest {
  @TempDir private Path folder;

  private Path run;

  private record Ran(int code, String output) {}

  private static Ran run(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      return new Ran(Tessera.execute(arguments), bytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  @BeforeEach
  void copy() throws IOException {
    run = folder.resolve("out/runs/former run");
    FileUtils.copyDirectory(Path.of("src/test/resources/former/cuda-run").toFile(), run.toFile());
  }

  @Test
  void report_ofTwoRuns_isOneFileWithBoth() throws IOException {
    Path out = folder.resolve("both.html");
    Ran ran = run("report", run.toString(), run.toString(), "--out", out.toString());
    assertEquals(0, ran.code, ran.output);
    assertTrue(ran.output.endsWith("report: " + out + "\n"), ran.output);
    String page = Files.readString(out);
    assertEquals(3, page.split("Run former run: dense", -1).length);
  }

  @Test
  void report_ofWhatIsNotThere_isAMistake() {
    Ran ran = run("report", folder.resolve("nothing").toString());
    assertEquals(2, ran.code, ran.output);
    assertTrue(
        ran.output.contains("nothing does not exist; give the folder of a run or of a bundle"),
        ran.output);
  }

  @Test
  void report_intoAFolderThatIsNotThere_namesTheFolder() {
    Path out = folder.resolve("none/page.html");
    Ran ran = run("report", run.toString(), "--out", out.toString());
    assertEquals(2, ran.code, ran.output);
    assertTrue(
        ran.output.endsWith(
            "tessera: "
                + out
                + " cannot be written ("
                + folder.resolve("none")
                + " does not exist); give another file with --out\n"),
        ran.output);
  }

  @Test
  void report_toAPlaceThatCannotBeWritten_isAMistake() throws IOException {
    Path out = Files.createDirectory(folder.resolve("a folder"));
    Ran ran = run("report", run.toString(), "--out", out.toString());
    assertEquals(2, ran.code, ran.output);
    assertTrue(ran.output.contains("a folder cannot be written"), ran.output);
    assertTrue(ran.output.contains("; give another file with --out"), ran.output);
  }

  @Test
  void tune_atItsEnd_saysWhereTheReportIsOrInOneLineWhyThereIsNone() throws IOException {
    RunFolder opened = RunFolder.open(Place.of(folder.resolve("out")), "former run");
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(said, true, StandardCharsets.UTF_8);
    try (Cluster cluster = Cluster.start()) {
      RunReport.write(cluster, opened, to);
      Path report = run.resolve("report.html");
      assertEquals("report: " + report + "\n", said.toString(StandardCharsets.UTF_8));
      assertTrue(Files.readString(report).endsWith("</html>\n"));
      said.reset();
      Files.delete(report);
      Files.createDirectory(report);
      RunReport.write(cluster, opened, to);
      String line = said.toString(StandardCharsets.UTF_8);
      assertTrue(line.startsWith("there is no report of this run: "), line);
      assertEquals(1, line.lines().count());
    }
  }

  private static String said(Callable<byte[]> page) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    RunReport.write(page, Place.of("unused"), new PrintStream(said, true, StandardCharsets.UTF_8));
    return said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void tune_withoutMemoryOrAClassForTheReport_saysSoInOneLine() {
    String begin = "there is no report of this run: ";
    assertEquals(
        begin + "Java heap space\n",
        said(
            () -> {
              throw new OutOfMemoryError("Java heap space");
            }));
    assertEquals(
        begin + "it failed without a message; tessera report tries again\n",
        said(
            () -> {
              throw new NoClassDefFoundError();
            }));
  }

  /** The descriptions of Spark's jobs. */
  private static final class Jobs extends SparkListener {
    private final List<String> names = new CopyOnWriteArrayList<>();

    @Override
    public void onJobStart(SparkListenerJobStart job) {
      names.add(job.properties().getProperty("spark.job.description", ""));
    }
  }

  @Test
  void trace_ofARun_isReadUnderWatch() throws Exception {
    Path trace = Files.writeString(folder.resolve("lengths.csv"), "tokens\n7\n9\n7\n");
    Path workload = run.resolve("workload.yaml");
    String column = "{trace: " + trace + ", column: tokens}";
    Files.writeString(workload, Files.readString(workload).replace("{from: 1, to: 128}", column));
    Jobs jobs = new Jobs();
    try (Cluster cluster = Cluster.start()) {
      cluster.session().sparkContext().addSparkListener(jobs);
      Recording recording = Analysis.of(cluster).open(Place.of(run));
      assertEquals(2, recording.instances().get().instances().size());
      cluster.session().sparkContext().listenerBus().waitUntilEmpty();
    }
    assertFalse(jobs.names.isEmpty());
    for (String name : jobs.names) {
      assertEquals("read trace lengths.csv", name);
    }
  }
}
