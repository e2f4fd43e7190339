package tessera.job.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.EnvironmentFault;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.Narrowing;
import tessera.job.search.MadeUpMachine;
import tessera.measure.Deadline;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Problem;
import tessera.workload.Workload;

final class SparkMeasurerTest {
  private static final Workload WORKLOAD = MadeUpMachine.WORKLOAD;

  @Test
  void files_ofALibraryThatWasGivenUp_endInItsReason() {
    Answer answer =
        new Answer(Answer.Status.GIVEN_UP, "no room", new Executor("3", "made-up-host"), 0);
    EnvironmentFault fault =
        assertThrows(EnvironmentFault.class, () -> SparkMeasurer.files(Optional.of(answer)));
    assertEquals("the bundle's library was not built: no room", fault.getMessage());
  }

  @Test
  void files_ofALibraryThatNobodyBegan_endInTheTime() {
    EnvironmentFault fault =
        assertThrows(EnvironmentFault.class, () -> SparkMeasurer.files(Optional.empty()));
    assertEquals(
        "no executor built the bundle's library within 30 s and the time of a build",
        fault.getMessage());
  }

  @Test
  void buildable_untilSomeTime_beginsNothingAfterIt() throws IOException {
    Narrowing.assumeNarrower();
    CpuBackend backend = CpuBackend.detect();
    SearchSpace space = backend.hardware().space(WORKLOAD);
    SplittableRandom random = new SplittableRandom(2);
    List<MicroKernel> kernels =
        Stream.generate(() -> space.sample(random)).distinct().limit(3).toList();
    List<Problem> problems = WORKLOAD.problems(WORKLOAD.sampled());
    try (Cluster cluster = Cluster.start()) {
      SparkMeasurer measurer =
          cluster.measurer(
              WORKLOAD,
              backend.target(),
              TimingPolicy.onCpu(1, 1),
              List.of(),
              1,
              30,
              new HeardEvents());
      assertEquals(List.of(), measurer.buildable(kernels, problems, Deadline.in(-1)));
      assertEquals(kernels, measurer.buildable(kernels, problems, Deadline.NEVER));
    }
  }
}
