package tessera.job.deliver.timing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tessera.job.MadeUpRun;
import tessera.job.run.TuningRun;
import tessera.job.search.ComparisonTimer;
import tessera.job.search.MadeUpMachine;
import tessera.measure.Deadline;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.trial.Lap;
import tessera.workload.Instance;
import tessera.workload.Workload;

final class DeliveryTimerTest {
  private static final Workload WORKLOAD =
      MadeUpMachine.WORKLOAD.withInstances(
          LongStream.rangeClosed(1, 4).mapToObj(t -> new Instance(List.of(t), 1)).toList());

  /** Takes as many seconds as the problem has rows, and notes these. */
  private record Timer(List<Long> rows) implements ComparisonTimer {
    @Override
    public List<MicroKernel> buildable(
        List<MicroKernel> kernels, List<Problem> problems, Deadline until) {
      return kernels;
    }

    @Override
    public List<Result> time(List<Group> groups, Terms terms) {
      groups.forEach(group -> rows.add(group.problem().gemm().m()));
      return groups.stream()
          .map(group -> new Result(List.of(Lap.of(group.problem().gemm().m(), 0)), List.of()))
          .toList();
    }
  }

  @Test
  void of_shapesBeyondTheRange_areTimedLast() {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    TuningRun run = MadeUpRun.of(WORKLOAD, nowhere);
    assertEquals(
        List.of(List.of(8L), List.of(5L), List.of(6L), List.of(7L)),
        run.beyond().stream().map(Instance::values).toList());
    List<Instance> instances = new ArrayList<>(run.beyond());
    instances.addAll(WORKLOAD.instances());
    List<Long> rows = new ArrayList<>();
    double[][] seconds =
        new DeliveryTimer(run, 1, new Timer(rows))
            .of(
                List.of(MadeUpMachine.SPACE.sample(new SplittableRandom(1))),
                WORKLOAD.problems(instances),
                DeliveryTimer.Mask.ALL,
                Deadline.NEVER);
    assertEquals(List.of(80L, 96L, 112L, 128L), rows.subList(4, 8).stream().sorted().toList());
    assertEquals(List.of(16L, 32L, 48L, 64L), rows.subList(0, 4).stream().sorted().toList());
    for (int i = 0; i < instances.size(); i++) {
      assertEquals(16 * instances.get(i).values().get(0), seconds[0][i]);
    }
  }
}
