package tessera.job.deliver.timing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.backend.cpu.CpuProvider;
import tessera.backend.cuda.CudaEffort;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortTable;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

final class DeliveryEffortTest {
  private static final Map<String, String> LAYER = Map.of("m", "16 * T", "n", "2304", "k", "768");
  private static final Map<String, String> WIDER = Map.of("m", "16 * T", "n", "K", "k", "768");

  /** The 128 lengths of BERT, with rows of as many times 16 where there is a second variable. */
  private static Workload workload(String type, int variables) {
    List<String> names = variables == 1 ? List.of("T") : List.of("T", "K");
    List<Instance> instances =
        LongStream.rangeClosed(1, 128)
            .mapToObj(t -> variables == 1 ? List.of(t) : List.of(t, 16 * t))
            .map(values -> new Instance(values, 1.0 / 128))
            .toList();
    return new WorkloadSpec("any", "dense", type, "none", names, variables == 1 ? LAYER : WIDER)
        .anywhere()
        .withInstances(instances);
  }

  /* By the code that guessed the effort from a budget's trials, with peaks of 50 and 60,000 GFLOP/s; on a CPU beside three libraries, with leaders and specialists as since then. */
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
            # target, type, variables, effort, trials, seconds, leaders, specialists, unmeasured, contest, its least, rounds, dispatching, reported, most, reserved
            cpu, float32, 1, QUICK   ,   24,  45.0,  6,  1,   0,  4,  4, 2,  10,  6,  6, 24.750000
            cpu, float32, 1, STANDARD,   96, 150.0,  8,  1,   0,  4,  4, 2,  20, 10, 10, 82.500000
            cpu, float32, 1, FULL    ,  256, 240.0, 10,  2,   0,  5,  5, 3,  30, 14, 12, 132.000000
            cpu, float32, 1, STANDARD,   48, 600.0,  8,  1,   0,  4,  4, 2,  20, 10, 10, 96.904728
            cuda, float32, 1, QUICK   ,   24,  45.0, 16,  4,   0, 40, 16, 2,  30, 12, 14, 15.107056
            cuda, float32, 1, STANDARD,   96, 150.0,  5,  8,  48, 60, 24, 2,  55, 20, 14, 49.299145
            cuda, float32, 1, FULL    ,  256, 240.0,  6, 10, 128, 80, 32, 3, 100, 28, 14, 81.790360
            cuda, float32, 1, FULL    , 1000, 105.0,  6, 10, 500, 80, 32, 3, 100, 28, 14, 54.790360
            cuda, float32, 1, FULL    , 1000, 130.0,  6, 10, 500, 80, 32, 3, 100, 28, 14, 59.790360
            cuda, float32, 1, STANDARD,   48, 600.0,  5,  8,  24, 60, 24, 2,  55, 20, 14, 139.299145
            cpu, float32, 2, QUICK   ,   24,  45.0,  6,  1,   0,  5,  5, 2,  20,  6,  6, 24.750000
            cpu, float32, 2, STANDARD,   96, 150.0,  8,  1,   0,  5,  5, 2,  40, 10, 10, 82.500000
            cpu, float32, 2, FULL    ,  256, 240.0, 10,  2,   0,  7,  7, 3,  60, 14, 12, 132.000000
            cpu, float32, 2, STANDARD,   48, 600.0,  8,  1,   0,  5,  5, 2,  40, 10, 10, 90.164613
            cuda, float32, 2, QUICK   ,   24,  45.0, 16,  4,   0, 40, 16, 2,  50, 12, 14, 15.068030
            cuda, float32, 2, STANDARD,   96, 150.0,  5,  8,  48, 60, 24, 2,  95, 20, 14, 49.315671
            cuda, float32, 2, FULL    ,  256, 240.0,  6, 10, 128, 80, 32, 3, 180, 28, 14, 80.681271
            cuda, float32, 2, FULL    , 1000, 105.0,  6, 10, 500, 80, 32, 3, 180, 28, 14, 53.681271
            cuda, float32, 2, FULL    , 1000, 130.0,  6, 10, 500, 80, 32, 3, 180, 28, 14, 58.681271
            cuda, float32, 2, STANDARD,   48, 600.0,  5,  8,  24, 60, 24, 2,  95, 20, 14, 139.315671
            cuda, float16, 1, QUICK   ,   24,  45.0, 16,  4,   0, 40, 16, 2,  30, 12, 30, 18.449196
            cuda, float16, 1, STANDARD,   96, 150.0,  5,  8,  48, 60, 24, 2,  55, 20, 30, 54.777588
            cuda, float16, 1, FULL    ,  256, 240.0,  6, 10, 128, 80, 32, 3, 100, 28, 30, 92.394220
            cuda, float16, 1, FULL    , 1000, 105.0,  6, 10, 500, 80, 32, 3, 100, 28, 30, 57.750000
            cuda, float16, 1, FULL    , 1000, 130.0,  6, 10, 500, 80, 32, 3, 100, 28, 30, 70.394220
            cuda, float16, 1, STANDARD,   48, 600.0,  5,  8,  24, 60, 24, 2,  55, 20, 30, 144.777588
            cuda, float16, 2, QUICK   ,   24,  45.0, 16,  4,   0, 40, 16, 2,  50, 12, 30, 18.584703
            cuda, float16, 2, STANDARD,   96, 150.0,  5,  8,  48, 60, 24, 2,  95, 20, 30, 55.055972
            cuda, float16, 2, FULL    ,  256, 240.0,  6, 10, 128, 80, 32, 3, 180, 28, 30, 90.197922
            cuda, float16, 2, FULL    , 1000, 105.0,  6, 10, 500, 80, 32, 3, 180, 28, 30, 57.750000
            cuda, float16, 2, FULL    , 1000, 130.0,  6, 10, 500, 80, 32, 3, 180, 28, 30, 68.197922
            cuda, float16, 2, STANDARD,   48, 600.0,  5,  8,  24, 60, 24, 2,  95, 20, 30, 145.055972
            """)
  void of_everyEffort_measuresAsMuchAsItDidBefore(
      String target,
      String type,
      int variables,
      Effort effort,
      int trials,
      double seconds,
      int leaders,
      int specialists,
      int unmeasured,
      int contest,
      int leastContest,
      int rounds,
      int dispatching,
      int reported,
      int most,
      double reserved) {
    boolean gpu = target.equals("cuda");
    Workload workload = workload(type, variables);
    DeliveryTraits traits = gpu ? CudaEffort.delivery(workload) : CpuProvider.DELIVERY;
    Budget budget = new Budget(trials, seconds);
    DeliveryEffort of =
        DeliveryEffort.of(EffortTable.row(target, effort), traits, budget, variables);
    assertEquals(
        List.of(leaders, specialists, unmeasured, contest, rounds, dispatching, reported, most),
        List.of(
            of.leaders(),
            of.specialists(),
            of.unmeasured(),
            of.contestInstances(),
            of.rounds(),
            of.dispatching(),
            of.reported(),
            of.most()));
    assertEquals(leastContest, of.contestInstances(workload, 0.4).size());
    double peak = gpu ? 60_000 : 50;
    assertEquals(reserved, of.reservedSeconds(workload, budget, unmeasured > 0, peak, 0), 1e-6);
  }
}
