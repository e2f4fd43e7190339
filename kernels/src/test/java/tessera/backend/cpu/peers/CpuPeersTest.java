package tessera.backend.cpu.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.Peer;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.Narrowing;
import tessera.measure.Outcome;
import tessera.measure.TimingPolicy;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** The adapters, on a library that has all their symbols. */
final class CpuPeersTest {
  private static final int THREADS = 2;

  private static final Map<String, List<String>> LABELS =
      Map.of(
          "aocl-dlp", List.of("AOCL-DLP 9.8.7 plain", "AOCL-DLP 9.8.7 prepared"),
          "libxsmm", List.of("LIBXSMM 3.2.1 prepared"),
          "mkl", List.of("MKL 2030.4 plain", "MKL 2030.4 prepared"),
          "onednn", List.of("oneDNN 7.6.5 plain", "oneDNN 7.6.5 prepared"),
          "openblas", List.of("OpenBLAS 1.2.3 plain"));

  /** Rows, outputs and lengths that are whole blocks of an adapter, less, and more. */
  private static final List<GemmShape> SHAPES =
      List.of(
          new GemmShape(1, 1, 1, 1),
          new GemmShape(1, 7, 70, 19),
          new GemmShape(1, 64, 128, 5),
          new GemmShape(1, 130, 63, 33));

  private static CpuBackend cpu;
  private static DeviceWorker worker;
  @TempDir private static Path folder;

  @BeforeAll
  static void detect() {
    Narrowing.assumeNarrower();
    cpu = CpuBackend.detect();
    worker = cpu.worker();
  }

  @AfterAll
  static void end() {
    Optional.ofNullable(worker).ifPresent(DeviceWorker::close);
  }

  private static Workload workload(String operator, String epilogue) {
    Map<String, String> extents =
        operator.equals("dense")
            ? Map.of("m", "M", "n", "N", "k", "K")
            : Map.of("b", "2", "m", "M", "n", "N", "k", "K");
    return new WorkloadSpec("peers", operator, "float32", epilogue, List.of("M", "N", "K"), extents)
        .anywhere();
  }

  /** In a file whose name has a version behind a link, as libraries are installed. */
  private static Path stub(String... flags) throws IOException {
    Path library = folder.resolve("libstub" + List.of(flags).hashCode() + ".so.3.2.1");
    if (!Files.exists(library)) {
      Files.copy(StubLibrary.build(folder.resolve("cache"), THREADS, flags), library);
    }
    Path link = folder.resolve("link" + List.of(flags).hashCode() + ".so");
    Files.deleteIfExists(link);
    return Files.createSymbolicLink(link, library.getFileName());
  }

  /** Those of a library that every kind is said to be, by the kinds' names. */
  private static List<Backend.Vendor> all(Path library, Workload workload) {
    List<Peer> peers =
        LABELS.keySet().stream().map(kind -> new Peer(kind, library.toString())).toList();
    return cpu.vendors(workload, peers);
  }

  private static String refused(Peer peer, Workload workload) {
    return assertThrows(UserError.class, () -> cpu.vendors(workload, List.of(peer))).getMessage();
  }

  private static WorkerReply reply(Backend.Vendor vendor, Workload workload, long rotate) {
    List<Problem> problems =
        SHAPES.stream()
            .map(
                shape ->
                    Problem.of(
                        workload.operator(),
                        new GemmShape(
                            workload.operator().isBatched() ? 2 : 1,
                            shape.m(),
                            shape.n(),
                            shape.k())))
            .toList();
    TimingPolicy policy = new TimingPolicy(2, 100_000, 10_000, rotate, THREADS, 1);
    return worker.call(
        new WorkerRequest(
            workload.epilogue(),
            workload.numerics(),
            List.of(vendor.function()),
            problems.stream().map(problem -> new WorkerRequest.Check(problem, THREADS)).toList(),
            problems,
            policy,
            System.nanoTime()),
        Duration.ofMinutes(1));
  }

  private static void assertRight(Backend.Vendor vendor, Workload workload, long rotate) {
    WorkerReply reply = reply(vendor, workload, rotate);
    assertEquals(Outcome.OK, reply.outcome(), vendor.label() + ": " + reply.message());
    assertEquals(SHAPES.size(), reply.timings().size());
    assertTrue(
        reply.timings().stream().allMatch(timed -> timed.get(0).nanos()[1] > 0), vendor.label());
  }

  private static Set<String> labels(List<Backend.Vendor> vendors) {
    return vendors.stream().map(Backend.Vendor::label).collect(Collectors.toSet());
  }

  private static Set<String> labels(Predicate<String> some) {
    return LABELS.values().stream().flatMap(List::stream).filter(some).collect(Collectors.toSet());
  }

  @Test
  void of_eachKind_tellsVersionAndFormsAndIsRight() throws IOException {
    Workload dense = workload("dense", "none");
    List<Backend.Vendor> vendors = all(stub(), dense);
    assertEquals(labels(label -> true), labels(vendors));
    for (Backend.Vendor vendor : vendors) {
      assertRight(vendor, dense, 0);
      assertRight(vendor, dense, 1 << 16);
    }
  }

  @Test
  void of_eachKindOnABatchedProduct_isPlainAndRight() throws IOException {
    for (String operator : List.of("batch_matmul_nn", "batch_matmul_nt")) {
      Workload batched = workload(operator, "none");
      List<Backend.Vendor> vendors = all(stub(), batched);
      assertEquals(labels(label -> label.endsWith(" plain")), labels(vendors));
      vendors.forEach(vendor -> assertRight(vendor, batched, 0));
    }
  }

  @Test
  void of_aWrongLibrary_isIncorrectAndNotTimed() throws IOException {
    Workload dense = workload("dense", "none");
    for (Backend.Vendor vendor : all(stub("-DWRONG"), dense)) {
      WorkerReply reply = reply(vendor, dense, 0);
      assertEquals(Outcome.INCORRECT, reply.outcome(), vendor.label());
      assertTrue(reply.message().contains("element [0, 0, 0]"), reply.message());
      assertEquals(List.of(), reply.timings());
    }
  }

  @Test
  void of_aLibraryOfAnotherKind_namesFileSymbolAndRemedy() throws IOException {
    Path blas = stub("-DBLAS_ALONE");
    Map<String, String> missing =
        Map.of(
            "aocl-dlp", "dlp_version_query; give AOCL-DLP's own libaocl-dlp.so",
            "libxsmm", "libxsmm_dispatch_gemm; give LIBXSMM's own libxsmm.so",
            "mkl", "MKL_Set_Num_Threads; give MKL's own libmkl_rt.so",
            "onednn", "dnnl_version; give oneDNN's own libdnnl.so",
            "openblas", "openblas_set_num_threads; give OpenBLAS's own libopenblas.so");
    missing.forEach(
        (kind, remedy) ->
            assertEquals(
                "--peer "
                    + kind
                    + "="
                    + blas
                    + ": it has no function "
                    + remedy
                    + ", built for this machine",
                refused(new Peer(kind, blas.toString()), workload("dense", "none"))));
  }

  @Test
  void of_whatIsNoLibrary_saysWhatTheLoaderSays() throws IOException {
    Path text = Files.writeString(folder.resolve("libdnnl.so"), "int main;");
    String said = refused(new Peer("onednn", text.toString()), workload("dense", "none"));
    assertTrue(said.startsWith("--peer onednn=" + text + ": it cannot be loaded ("), said);
    assertTrue(said.endsWith("); give oneDNN's own libdnnl.so, built for this machine"), said);
    assertEquals(
        "--peer mkl="
            + folder.resolve("none.so")
            + ": there is no such file; give that of libmkl_rt.so",
        refused(new Peer("mkl", folder.resolve("none.so").toString()), workload("dense", "none")));
  }

  @Test
  void of_aLibraryThatEndsItsProcess_isRefused() throws IOException {
    Path bad = stub("-DDEADLY");
    String said = refused(new Peer("openblas", bad.toString()), workload("dense", "none"));
    assertEquals(
        "--peer openblas="
            + bad
            + ": the process died by signal 6; give OpenBLAS's own libopenblas.so, built for this machine",
        said);
  }

  /** As LIBXSMM does, behind the back of the JVM whose handler that was. */
  @Test
  void of_aLibraryThatHandlesSignals_leavesThoseOfTheProcess() throws IOException {
    Workload dense = workload("dense", "none");
    all(stub("-DHANDLER"), dense).forEach(vendor -> assertRight(vendor, dense, 0));
  }

  @Test
  void of_anUnknownKind_namesThoseThatThereAre() throws IOException {
    assertEquals(
        "--peer knows aocl-dlp, libxsmm, mkl, onednn, openblas, not 'blis'",
        refused(new Peer("blis", stub().toString()), workload("dense", "none")));
  }

  @Test
  void of_aWorkloadWithAnEpilogue_isRefusedWhereALibraryWasNamed() throws IOException {
    assertEquals(
        "--peer compares plain products, and the workload's epilogue is bias+gelu; leave it out",
        refused(new Peer("openblas", stub().toString()), workload("dense", "bias+gelu")));
    assertEquals(List.of(), cpu.vendors(workload("dense", "bias+gelu"), List.of()));
  }

  @Test
  void parse_whatIsNoKindAndFile_isRefused() {
    assertEquals(new Peer("mkl", "/a/lib=b.so"), Peer.parse("mkl=/a/lib=b.so"));
    Stream.of("mkl", "=lib.so", "mkl=", "")
        .forEach(
            text ->
                assertEquals(
                    "--peer takes a kind and a file, such as aocl-dlp=/opt/lib/libaocl-dlp.so, not "
                        + UserError.quoted(text),
                    assertThrows(UserError.class, () -> Peer.parse(text)).getMessage()));
  }
}
