package tessera.job.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.FAMILY;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.WORKLOAD;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

final class ExtrapolationTest {
  private static final MicroKernelCost TRUTH = new MicroKernelCost(2e-11, 3e-10);

  @Test
  void widen_timesThatFollowTheModel_areFoundOnInstancesThatWereNotMeasured() {
    Workload workload =
        WORKLOAD.withInstances(
            LongStream.rangeClosed(1, 20).mapToObj(t -> new Instance(List.of(t), 1)).toList());
    MicroKernel kernel = SPACE.sample(new SplittableRandom(1));
    List<Instance> measured = workload.sampled(5);
    double[][] seconds = {truth(workload, kernel, measured)};
    Extrapolation.Table table =
        new Extrapolation(
                SPACE, workload, 1, List.of(kernel), new Extrapolation.Table(measured, seconds))
            .widen(LaunchPlan.singles(1), seconds, 1000);
    assertEquals(20, table.instances().size());
    assertEquals(
        table.instances().stream().limit(5).mapToDouble(Instance::weight).sum(),
        table.instances().stream().skip(5).mapToDouble(Instance::weight).sum(),
        1e-12);
    double[] expected = truth(workload, kernel, table.instances());
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], table.seconds()[0][i], 0.02 * expected[i]);
    }
  }

  @Test
  void seconds_whereAKernelWasNotTimed_comeFromWhereItWas() {
    Workload workload =
        WORKLOAD.withInstances(
            LongStream.rangeClosed(1, 20).mapToObj(t -> new Instance(List.of(t), 1)).toList());
    MicroKernel kernel = SPACE.sample(new SplittableRandom(1));
    double[] truth = truth(workload, kernel, workload.instances());
    double[] timed = truth.clone();
    for (int i = 0; i < timed.length; i++) {
      timed[i] = i == 3 || i == 11 || i == 17 ? truth[i] : Double.NaN;
    }
    Extrapolation prices =
        new Extrapolation(
            SPACE,
            workload,
            1,
            List.of(kernel),
            new Extrapolation.Table(workload.instances(), new double[][] {timed}));
    for (int i = 0; i < truth.length; i++) {
      GemmShape shape = workload.shape(workload.instances().get(i).shape());
      assertEquals(truth[i], prices.seconds(LaunchPlan.single(0), shape), 0.02 * truth[i]);
    }
  }

  @Test
  void filled_whereAPlanWasNotMeasured_isItsPriceAndNoContender() {
    double[][] seconds = {{2, 3, Double.NaN}, {Double.NaN, Double.NaN, 7}};
    double[][] prices = {{9, 9, 1}, {1, 8, 9}};
    assertArrayEquals(
        new double[][] {{2, 3, 1.05 * 7}, {1.05 * 2, 8, 7}}, Extrapolation.filled(seconds, prices));
  }

  /** One whose only measured instance flatters it, and which was expected to be slow elsewhere. */
  @Test
  void widen_betweenInstancesThatAPlanWasNotTimedOn_itIsNoContender() {
    Workload workload =
        WORKLOAD.withInstances(
            LongStream.rangeClosed(1, 21).mapToObj(t -> new Instance(List.of(t), 1)).toList());
    MicroKernel kernel = SPACE.sample(new SplittableRandom(1));
    List<Instance> measured = workload.sampled(11);
    double[] often = truth(workload, kernel, measured);
    double[] once = new double[often.length];
    Arrays.fill(once, Double.NaN);
    once[0] = 0.8 * often[0];
    double[][] timed = {often, once};
    double[][] expected = {often, DoubleStream.of(often).map(time -> 1.5 * time).toArray()};
    Extrapolation.Table table =
        new Extrapolation(
                SPACE,
                workload,
                1,
                List.of(kernel, kernel),
                new Extrapolation.Table(measured, Extrapolation.filled(timed, expected)))
            .widen(LaunchPlan.singles(2), timed, 1000);
    assertEquals(21, table.instances().size());
    for (int i = 0; i < 21; i++) {
      double behind = table.seconds()[1][i] / table.seconds()[0][i];
      boolean near = table.instances().get(i).values().get(0) < 3;
      assertTrue(near || behind > 1.4, table.instances().get(i) + ": " + behind);
    }
  }

  @Test
  void widen_measuredBeyondTheRange_weighsLittleThereThoughNotNothing() {
    Workload workload =
        WORKLOAD.withInstances(
            LongStream.rangeClosed(1, 40).mapToObj(t -> new Instance(List.of(t), 1)).toList());
    MicroKernel kernel = SPACE.sample(new SplittableRandom(1));
    List<Instance> measured = new ArrayList<>(workload.sampled(8));
    measured.add(Instance.beyond(List.of(80L)));
    double[] truth = truth(workload, kernel, measured);
    double[] slower = DoubleStream.of(truth).map(time -> 1.5 * time).toArray();
    slower[8] = truth[8] / 1.5;
    double[][] timed = {truth, slower};
    Extrapolation.Table table =
        new Extrapolation(
                SPACE,
                workload,
                1,
                List.of(kernel, kernel),
                new Extrapolation.Table(measured, timed))
            .widen(LaunchPlan.singles(2), timed, 1000);
    double within =
        table.instances().stream()
            .filter(i -> i.values().get(0) <= 40)
            .mapToDouble(Instance::weight)
            .sum();
    Instance end =
        table.instances().stream().filter(i -> i.values().equals(List.of(80L))).findFirst().get();
    assertEquals(0.05 / 8, end.weight(), 1e-12);
    assertTrue(table.instances().stream().allMatch(i -> i.weight() > 0));
    Set<Long> beyond =
        table.instances().stream()
            .map(i -> i.values().get(0))
            .filter(t -> t > 40)
            .collect(Collectors.toSet());
    // those that are always looked at; between them are those where another becomes the best
    assertTrue(beyond.containsAll(List.of(41L, 46L, 52L, 60L, 70L, 80L)), beyond.toString());
    assertEquals(2, within, 0.1);
  }

  @Test
  void widen_measuredWithinTheRangeAlone_looksAtNothingBeyond() {
    Workload workload =
        WORKLOAD.withInstances(
            LongStream.rangeClosed(1, 40).mapToObj(t -> new Instance(List.of(t), 1)).toList());
    MicroKernel kernel = SPACE.sample(new SplittableRandom(1));
    List<Instance> measured = workload.sampled(8);
    double[][] timed = {truth(workload, kernel, measured)};
    Extrapolation.Table table =
        new Extrapolation(
                SPACE, workload, 1, List.of(kernel), new Extrapolation.Table(measured, timed))
            .widen(LaunchPlan.singles(1), timed, 1000);
    assertEquals(40, table.instances().size());
  }

  /**
   * What CUDA kernels do where rows of an odd length can be read and written by one element alone.
   */
  @Test
  void seconds_ofRowsThatAreUneven_comeFromOthersThatAre() {
    KernelFamily aligned =
        (KernelFamily)
            Proxy.newProxyInstance(
                KernelFamily.class.getClassLoader(),
                new Class<?>[] {KernelFamily.class},
                (proxy, method, arguments) ->
                    method.getName().equals("alignment") ? 8 : method.invoke(FAMILY, arguments));
    Workload workload =
        new WorkloadSpec(
                "uneven",
                "dense",
                "float32",
                "none",
                List.of("T"),
                Map.of("m", "64", "n", "T", "k", "512"))
            .on(LongStream.rangeClosed(32, 96).mapToObj(t -> new Instance(List.of(t), 1)).toList());
    MicroKernel kernel = SPACE.sample(new SplittableRandom(1));
    double[] truth = truth(workload, kernel, workload.instances());
    double[] timed = truth.clone();
    for (int i = 0; i < truth.length; i++) {
      long length = workload.instances().get(i).values().get(0);
      truth[i] *= length % 2 == 1 ? 1.3 : 1;
      timed[i] = length % 3 == 0 ? truth[i] : Double.NaN;
    }
    Extrapolation prices =
        new Extrapolation(
            new SearchSpace(List.of(aligned)),
            workload,
            1,
            List.of(kernel),
            new Extrapolation.Table(workload.instances(), new double[][] {timed}));
    for (int i = 0; i < truth.length; i++) {
      GemmShape shape = workload.shape(workload.instances().get(i).shape());
      double price = prices.seconds(LaunchPlan.single(0), shape);
      assertEquals(truth[i], price, 0.05 * truth[i], shape.toString());
    }
  }

  private static double[] truth(Workload workload, MicroKernel kernel, List<Instance> instances) {
    return instances.stream()
        .mapToDouble(
            i -> FAMILY.tiling(kernel).adaptation(workload.shape(i.shape()), 1).seconds(TRUTH))
        .toArray();
  }
}
