package tessera.job.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.backend.Peer;
import tessera.backend.WeightsForm;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.Narrowing;
import tessera.backend.cpu.SampleBundle;
import tessera.backend.cpu.peers.StubLibrary;
import tessera.runtime.Bundle;
import tessera.workload.Preparation;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** A bundle beside libraries that the test makes. */
final class CpuBenchmarkTest {
  private static final List<Dense> SHAPES = List.of(new Dense(6, 70, 40), new Dense(9, 33, 40));

  private static CpuBackend cpu;
  private static Bundle bundle;
  @TempDir private static Path folder;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @BeforeAll
  static void publish() {
    Narrowing.assumeNarrower();
    cpu = CpuBackend.detect();
    bundle = Bundle.open(SampleBundle.publish(cpu, "none", folder.resolve("bundles")));
  }

  private List<CpuBenchmark.Row> run(Figures figures, Peer... peers) {
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      return new CpuBenchmark(
              cpu, List.of(bundle), Optional.empty(), List.of(peers), 1, 1, out, figures)
          .run("made up", SHAPES, "warm", 1);
    }
  }

  private static Figures figures() {
    return new Figures("test", "command", cpu.target());
  }

  private static Peer peer(String kind, String... flags) {
    return new Peer(
        kind, StubLibrary.build(folder.resolve("cache" + flags.length), 1, flags).toString());
  }

  private static List<String> peers(CpuBenchmark.Row row, String name) {
    return row.peers().stream()
        .filter(peer -> peer.name().equals(name))
        .map(CpuBenchmark.PeerSpeed::label)
        .toList();
  }

  @Test
  void run_besidePeers_namesEachInEachRowWithVersionAndForm() {
    List<CpuBenchmark.Row> rows = run(figures(), peer("aocl-dlp"), peer("openblas"));
    assertEquals(SHAPES, rows.stream().map(CpuBenchmark.Row::shape).toList());
    for (CpuBenchmark.Row row : rows) {
      assertEquals(WeightsForm.PLAIN, row.form());
      assertEquals(
          List.of("AOCL-DLP 9.8.7 plain", "AOCL-DLP 9.8.7 prepared"), peers(row, "AOCL-DLP"));
      assertEquals(List.of("OpenBLAS 1.2.3 plain"), peers(row, "OpenBLAS"));
      double best =
          row.peers().stream().mapToDouble(CpuBenchmark.PeerSpeed::gflops).max().getAsDouble();
      assertEquals(row.gflops() / best, row.ratio());
    }
    String output = bytes.toString(StandardCharsets.UTF_8);
    for (String part :
        List.of("x AOCL-DLP 9.8.7 plain", "x AOCL-DLP 9.8.7 prepared", "x OpenBLAS 1.2.3 plain")) {
      assertEquals(3, output.split(part, -1).length, output);
    }
  }

  @Test
  void run_aBundleForBothFormsOfWeights_hasARowForEach() {
    Workload workload =
        new WorkloadSpec(
                "both",
                "dense",
                "float32",
                "none",
                List.of("T"),
                Map.of("m", "3 * T", "n", "70", "k", "40"))
            .preparing(Preparation.TOO)
            .anywhere();
    Bundle both = Bundle.open(SampleBundle.publishBoth(cpu, workload, folder.resolve("both")));
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      List<CpuBenchmark.Row> rows =
          new CpuBenchmark(cpu, List.of(both), Optional.of(bundle), List.of(), 1, 1, out, figures())
              .run("made up", List.of(new Dense(6, 70, 40)), "warm", 1);
      assertEquals(
          List.of(WeightsForm.PLAIN, WeightsForm.PREPARED),
          rows.stream().map(CpuBenchmark.Row::form).toList());
      assertEquals(
          List.of("the other bundle plain"),
          rows.get(1).peers().stream().map(CpuBenchmark.PeerSpeed::label).toList());
    }
  }

  @Test
  void run_aPeerThatIsWrong_isSaidOnceAndNotTimed() {
    List<CpuBenchmark.Row> rows = run(figures(), peer("openblas", "-DWRONG"), peer("mkl"));
    for (CpuBenchmark.Row row : rows) {
      assertEquals(List.of(), peers(row, "OpenBLAS"));
      assertEquals(List.of("MKL 2030.4 plain", "MKL 2030.4 prepared"), peers(row, "MKL"));
    }
    String output = bytes.toString(StandardCharsets.UTF_8);
    String said =
        "OpenBLAS 1.2.3 plain is left out: INCORRECT, batch 1 m 6 n 70 k 40 in 1 parts: element [0, 5, 69]";
    assertEquals(2, output.split(java.util.regex.Pattern.quote(said), -1).length, output);
    assertFalse(output.contains("x OpenBLAS"), output);
  }

  @Test
  void run_aBundleThatFails_isSaidOfEachShapeAndCounted() throws IOException {
    Bundle damaged = Bundle.open(SampleBundle.publish(cpu, "none", folder.resolve("damaged")));
    Files.write(damaged.folder().resolve(Bundle.LIBRARY), new byte[] {1});
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      CpuBenchmark benchmark =
          new CpuBenchmark(
              cpu, List.of(damaged), Optional.of(bundle), List.of(), 1, 1, out, figures());
      assertEquals(List.of(), benchmark.run("made up", SHAPES, "warm", 1));
      assertEquals(SHAPES.size(), benchmark.failures());
    }
    String output = bytes.toString(StandardCharsets.UTF_8);
    for (String shape : List.of("6x70x40", "9x33x40")) {
      assertTrue(
          output.contains(shape + " is left out: the bundle with plain weights ended RUN_FAILED, "),
          output);
    }
  }

  @Test
  void run_besidePeersOfBothForms_hasFiguresAgainstAllAndAgainstEach() throws IOException {
    Figures figures = figures();
    run(figures, peer("mkl"));
    Path file = folder.resolve("figures.json");
    figures.write(file);
    JsonNode records = Json.DOCUMENTS.readTree(file.toFile()).path("records");
    List<String> ids =
        StreamSupport.stream(records.spliterator(), false)
            .map(record -> record.path("id").asText())
            .toList();
    assertTrue(
        ids.containsAll(
            List.of(
                "cpu-made-up-shapes-warm-weights-1-threads-all",
                "cpu-made-up-shapes-warm-weights-1-threads-all-worst",
                "cpu-made-up-shapes-warm-weights-1-threads-all-against-the-best-plain-other",
                "cpu-made-up-shapes-warm-weights-1-threads-all-against-the-best-prepared-other")),
        ids.toString());
    assertEquals(ids.stream().distinct().toList(), ids);
  }
}
