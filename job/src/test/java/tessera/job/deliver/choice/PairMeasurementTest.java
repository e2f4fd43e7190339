package tessera.job.deliver.choice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.dispatch.LaunchPlan;
import tessera.effort.DeliveryTraits;
import tessera.job.MadeUpRun;
import tessera.job.deliver.timing.DeliveryEffort;
import tessera.job.deliver.timing.DeliveryTimer;
import tessera.job.predict.Extrapolation;
import tessera.job.run.TuningRun;
import tessera.job.search.ComparisonTimer;
import tessera.job.search.MadeUpHardware;
import tessera.job.search.MadeUpMachine;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.trial.Lap;
import tessera.workload.Effort;
import tessera.workload.Instance;
import tessera.workload.Workload;

final class PairMeasurementTest {
  private static final Workload WORKLOAD =
      MadeUpMachine.WORKLOAD.withInstances(
          LongStream.rangeClosed(1, 40).mapToObj(t -> new Instance(List.of(t), 1)).toList());
  private static final List<MicroKernel> KERNELS = kernels();

  /** How much longer each takes than its prior says. */
  private static final double[] SLOWER = {1, 1, 50};

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private final TuningRun run =
      MadeUpRun.of(WORKLOAD, new PrintStream(console, true, StandardCharsets.UTF_8));

  private static List<MicroKernel> kernels() {
    SplittableRandom random = new SplittableRandom(4);
    return Stream.generate(() -> MadeUpMachine.SPACE.sample(random)).distinct().limit(3).toList();
  }

  private static double seconds(int kernel, GemmShape shape) {
    KernelFamily family = MadeUpMachine.FAMILY;
    MicroKernelCost prior = family.prior(KERNELS.get(kernel));
    return SLOWER[kernel] * family.tiling(KERNELS.get(kernel)).adaptation(shape, 1).seconds(prior);
  }

  /**
   * Times by the rule above.
   *
   * @param failing kernels that time out wherever they run
   */
  private record Timer(Set<Integer> failing) implements ComparisonTimer {
    @Override
    public List<MicroKernel> buildable(
        List<MicroKernel> kernels, List<Problem> problems, Deadline until) {
      return kernels;
    }

    @Override
    public List<Result> time(List<Group> groups, Terms terms) {
      return groups.stream().map(group -> result(group, terms)).toList();
    }

    private Result result(Group group, Terms terms) {
      boolean late = terms.until().isOver();
      return new Result(
          group.kernels().stream()
              .map(
                  kernel ->
                      late ? Lap.notRun() : lap(KERNELS.indexOf(kernel), group.problem().gemm()))
              .toList(),
          List.of());
    }

    private Lap lap(int kernel, GemmShape shape) {
      return failing.contains(kernel)
          ? Lap.failed(Outcome.RUN_TIMEOUT, "no progress")
          : Lap.of(seconds(kernel, shape), 0);
    }
  }

  private Choice choice(Set<Integer> failing) {
    return choice(failing, Deadline.NEVER).orElseThrow();
  }

  private Optional<Choice> choice(Set<Integer> failing, Deadline until) {
    DeliveryTraits any = new MadeUpHardware().deliveryTraits(WORKLOAD);
    DeliveryTraits picky =
        new DeliveryTraits(
            any.towardsShort(),
            any.remeasureThreshold(),
            any.remeasuredShare(),
            1.25,
            any.contenderShare(),
            any.usualKernels(),
            any.usualVendors(),
            any.mostKernels(),
            any.lengthsBeyond(),
            any.fewRows(),
            any.tolerance(),
            any.alikeGain(),
            any.leastGain(),
            any.pace());
    DeliveryEffort effort =
        DeliveryEffort.of(new MadeUpHardware().effort(Effort.QUICK), picky, MadeUpRun.BUDGET, 1);
    List<Instance> measured = WORKLOAD.sampled(5);
    double[][] known =
        IntStream.range(0, 3)
            .mapToObj(
                kernel ->
                    measured.stream()
                        .mapToDouble(i -> seconds(kernel, WORKLOAD.shape(i.shape())))
                        .toArray())
            .toArray(double[][]::new);
    return new PairMeasurement(run, new DeliveryTimer(run, 1, new Timer(failing)), effort)
        .choose(
            KERNELS,
            new Extrapolation.Table(measured, known),
            List.of(0, 1, 2),
            WORKLOAD.sampled(20),
            until);
  }

  private static long timed(double[] row) {
    return IntStream.range(0, row.length).filter(i -> !Double.isNaN(row[i])).count();
  }

  @Test
  void choose_whatIsExpectedToBeFarBehind_isTimedWhereItIsNearest() {
    Choice choice = choice(Set.of());
    assertEquals(KERNELS, choice.kernels());
    long slow = timed(choice.seconds()[2]);
    assertTrue(slow >= 1 && slow < 10, "timed on " + slow);
    for (int i = 0; i < 20; i++) {
      GemmShape shape = WORKLOAD.shape(choice.instances().get(i).shape());
      double least = Math.min(seconds(0, shape), seconds(1, shape));
      for (int kernel = 0; kernel < 3; kernel++) {
        double truth = seconds(kernel, shape);
        assertEquals(truth, choice.alone()[kernel][i], 0.1 * truth, kernel + " on " + shape);
        if (truth < 1.2 * least) {
          assertEquals(truth, choice.seconds()[kernel][i], kernel + " on " + shape);
        }
      }
    }
  }

  @Test
  void choose_aKernelThatFails_isLeftOutAndTheOthersStay() {
    Choice choice = choice(Set.of(0));
    assertEquals(KERNELS.subList(1, 3), choice.kernels());
    assertTrue(timed(choice.seconds()[0]) > 10);
    String said = console.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains("is left out: RUN_TIMEOUT on m=16 n=256 k=512"), said);
  }

  @Test
  void choose_withoutTime_hasPricesAndNoTimes() {
    Choice choice = choice(Set.of(), Deadline.in(-1)).orElseThrow();
    assertEquals(KERNELS, choice.kernels());
    for (int i = 0; i < 20; i++) {
      GemmShape shape = WORKLOAD.shape(choice.instances().get(i).shape());
      for (int kernel = 0; kernel < 3; kernel++) {
        double truth = seconds(kernel, shape);
        assertTrue(Double.isNaN(choice.seconds()[kernel][i]));
        assertEquals(truth, choice.alone()[kernel][i], 0.1 * truth, kernel + " on " + shape);
      }
    }
  }

  @Test
  void without_kernels_losesTheirPlansAndTheEdgesOfOthers() {
    double[][] alone = {{1, 2}, {3, 4}, {5, 6}};
    double[][] seconds = {{0.5, 1}, {3, 4}};
    Choice choice =
        new Choice(
            KERNELS,
            WORKLOAD.sampled(2),
            alone,
            List.of(new LaunchPlan(0, 2, 16, 3), LaunchPlan.single(1)),
            seconds);
    Choice first = choice.without(KERNELS.get(2)::equals).orElseThrow();
    assertEquals(List.of(LaunchPlan.single(0), LaunchPlan.single(1)), first.plans());
    assertArrayEquals(new double[] {1, 2}, first.seconds()[0]);
    Choice second = choice.without(KERNELS.get(1)::equals).orElseThrow();
    assertEquals(List.of(KERNELS.get(0), KERNELS.get(2)), second.kernels());
    assertEquals(List.of(new LaunchPlan(0, 1, 16, 3)), second.plans());
    assertArrayEquals(new double[] {0.5, 1}, second.seconds()[0]);
    assertArrayEquals(new double[] {5, 6}, second.alone()[1]);
    Choice third = choice.without(KERNELS.get(0)::equals).orElseThrow();
    assertEquals(List.of(KERNELS.get(1)), third.kernels(), "an edge goes with its only plan");
    assertEquals(List.of(LaunchPlan.single(0)), third.plans());
    assertArrayEquals(new double[][] {{3, 4}}, third.alone());
    assertEquals(Optional.empty(), choice.without(kernel -> kernel != KERNELS.get(2)));
  }

  @Test
  void choose_nothingThatWorks_isNoChoice() {
    assertEquals(Optional.empty(), choice(Set.of(0, 1, 2), Deadline.NEVER));
  }
}
