package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.compile.BuildResult;
import tessera.compile.CCompiler;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.operator.Problem;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/** The run-time of bundles as a worker process launches by it, on an emulated driver. */
final class LaunchTest {
  private static final MicroKernel STREAM_K = Samples.simt(32, 64, 16, 4, 8, 8, 2, "streamK", 1);
  private static final Duration DEADLINE = Duration.ofSeconds(240);

  @TempDir private static Path folder;
  private static CudaBackend backend;

  @BeforeAll
  static void start() {
    assumeTrue(EmulatedGpu.isPossible(), "g++ is not installed, so no CUDA driver can be emulated");
    EmulatedGpu gpu = new EmulatedGpu(folder);
    CudaTarget target = CudaProcess.probe(gpu.environment(), "", "emulated").target();
    backend =
        new CudaBackend(
            gpu,
            target,
            CudaBackend.helpers(gpu, target),
            LaunchLibrary.build(CCompiler.find(folder.resolve("builds"))),
            gpu.environment(),
            "launched");
  }

  private static WorkerRequest.Function built(Workload workload, MicroKernel kernel) {
    BuildResult built = backend.build(workload, kernel);
    assertEquals(BuildResult.Status.OK, built.status(), built.message());
    return backend.function(workload, kernel, built);
  }

  /** The same with another number in its launch line. */
  private static WorkerRequest.Function with(
      WorkerRequest.Function function, LaunchLine.Field field, int value) {
    List<Integer> line = new ArrayList<>(function.line());
    line.set(field.ordinal(), value);
    return WorkerRequest.Function.kernel(function.library(), function.symbol(), line);
  }

  /** The reply to a request to check and to time on some shapes, in this order. */
  private static WorkerReply run(
      Workload workload, WorkerRequest.Function function, GemmShape... shapes) {
    List<Problem> problems =
        Arrays.stream(shapes).map(shape -> Problem.of(workload.operator(), shape)).toList();
    WorkerRequest request =
        new WorkerRequest(
            workload.epilogue(),
            workload.numerics(),
            List.of(function),
            problems.stream().map(problem -> new WorkerRequest.Check(problem, 1)).toList(),
            problems,
            CudaTrials.POLICY,
            System.nanoTime());
    try (DeviceWorker worker = backend.worker()) {
      return worker.call(request, DEADLINE);
    }
  }

  private static void assertRightAndTimed(Workload workload, MicroKernel kernel, GemmShape... on) {
    WorkerReply reply = run(workload, built(workload, kernel), on);
    assertEquals(Outcome.OK, reply.outcome(), reply.message());
    assertEquals(on.length, reply.timings().size());
    for (int i = 0; i < on.length; i++) {
      Timing timing = reply.timings().get(i).get(0);
      assertEquals(on[i], timing.problem().gemm());
      assertTrue(Arrays.stream(timing.nanos()).allMatch(nanos -> nanos > 0), timing.toString());
    }
  }

  @Test
  void run_streamKOnShapesThatGrowAndShrink_isRight() {
    assertRightAndTimed(
        Samples.workload("dense", "bias"),
        STREAM_K,
        new GemmShape(1, 8, 64, 32),
        new GemmShape(1, 200, 130, 75),
        new GemmShape(1, 33, 61, 31));
  }

  /* Operands of the second shape take more than the least workspace, of a mebibyte. */

  @Test
  void run_paddedOperandsThatGrowAndShrink_isRight() {
    Numerics numerics = Samples.FLOAT16;
    assertRightAndTimed(
        Samples.workload("dense", "none", numerics),
        Samples.wgmma(0, 1, 1, 32, 3, 2),
        new GemmShape(1, 9, 40, 33),
        new GemmShape(1, 300, 32, 1901),
        new GemmShape(1, 64, 32, 64),
        new GemmShape(1, 65, 37, 129));
  }

  /** The aligned function of such a kernel stores whole vectors of rows of n without a look. */
  @Test
  void run_mappedKnOperandWhoseRowsAreNotWhole_isRight() {
    assertRightAndTimed(
        Samples.workload("batch_matmul_nn", "none", Samples.FLOAT16),
        Samples.wgmma(0, 1, 1, 64, 3, 2),
        new GemmShape(2, 9, 37, 33),
        new GemmShape(3, 70, 61, 64),
        new GemmShape(2, 64, 32, 40));
  }

  @Test
  void run_emulatedFloat32OnShapesThatGrowAndShrink_isRight() {
    assertRightAndTimed(
        Samples.workload("dense", "bias", Samples.EMULATED),
        Samples.emulated(0, 1, 1, 64, 4, 1),
        new GemmShape(1, 9, 40, 33),
        new GemmShape(1, 300, 32, 1001),
        new GemmShape(1, 64, 64, 64));
  }

  @Test
  void run_moreThreadsThanABlockMayHave_failsWithTheDriversWords() {
    Workload workload = Samples.workload("dense", "bias");
    WorkerRequest.Function function =
        with(built(workload, STREAM_K), LaunchLine.Field.THREADS, 2048);
    WorkerReply reply = run(workload, function, new GemmShape(1, 8, 64, 32));
    assertEquals(Outcome.RUN_FAILED, reply.outcome());
    assertTrue(
        reply
            .message()
            .contains("launching 2 blocks of 2048 threads with " + shared(function) + " bytes of"),
        reply.message());
    assertTrue(
        reply.message().contains("CUDA_ERROR_EMULATED, an error of the emulated driver"),
        reply.message());
  }

  private static int shared(WorkerRequest.Function function) {
    return function.line().get(LaunchLine.Field.SHARED_BYTES.ordinal());
  }

  @Test
  void run_moreMemoryThanThereIs_failsAndNamesTheBytes() {
    Workload workload = Samples.workload("dense", "bias");
    WorkerRequest.Function function =
        with(built(workload, STREAM_K), LaunchLine.Field.SLOTS, 1 << 30);
    WorkerReply reply = run(workload, function, new GemmShape(1, 8, 64, 32));
    assertEquals(Outcome.RUN_FAILED, reply.outcome());
    long bytes = 4L * 32 * 64 << 30;
    assertTrue(
        reply
            .message()
            .contains(
                "allocating " + bytes + " bytes of device memory failed with CUDA_ERROR_OUT_OF_"),
        reply.message());
  }

  @Test
  void run_aLineOfAnotherLength_isRefused() {
    Workload workload = Samples.workload("dense", "bias");
    WorkerRequest.Function function = built(workload, STREAM_K);
    WorkerReply reply =
        run(
            workload,
            WorkerRequest.Function.kernel(
                function.library(), function.symbol(), function.line().subList(1, 3)),
            new GemmShape(1, 8, 64, 32));
    assertEquals(Outcome.RUN_FAILED, reply.outcome());
    assertTrue(
        reply.message().contains("the launch library was made for other launch lines"),
        reply.message());
  }
}
