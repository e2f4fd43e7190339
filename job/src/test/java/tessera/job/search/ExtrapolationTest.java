package tessera.job.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static tessera.job.search.MadeUpMachine.FAMILY;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.WORKLOAD;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tessera.cost.Adaptation;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.workload.GemmShape;
import tessera.workload.Instance;
import tessera.workload.Workload;

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
  void filled_whereAKernelWasNotTimed_isItsPriceAndNoContender() {
    Workload workload =
        WORKLOAD.withInstances(
            LongStream.rangeClosed(1, 20).mapToObj(t -> new Instance(List.of(t), 1)).toList());
    MicroKernel kernel = SPACE.sample(new SplittableRandom(1));
    double[] truth = truth(workload, kernel, workload.instances());
    double[] often = truth.clone();
    double[] slower = DoubleStream.of(truth).map(time -> 3 * time).toArray();
    often[4] = Double.NaN;
    slower[7] = Double.NaN;
    truth[7] = 0.1 * truth[7];
    often[7] = truth[7];
    double[][] seconds = {often, slower};
    List<LaunchPlan> plans = LaunchPlan.singles(2);
    double[][] filled =
        new Extrapolation(
                SPACE,
                workload,
                1,
                List.of(kernel, kernel),
                new Extrapolation.Table(workload.instances(), seconds))
            .filled(plans, seconds);
    for (int i = 0; i < truth.length; i++) {
      double[] expected = {
        // the other was the fastest that was timed there, and is slower than this one's price
        i == 4 ? 1.05 * slower[4] : often[i], i == 7 ? 30 * truth[7] : slower[i]
      };
      assertEquals(expected[0], filled[0][i], 1e-9 * expected[0]);
      assertEquals(expected[1], filled[1][i], 0.05 * expected[1]);
    }
  }

  private static double[] truth(Workload workload, MicroKernel kernel, List<Instance> instances) {
    return instances.stream()
        .mapToDouble(
            i -> Adaptation.of(FAMILY.tiling(kernel), workload.shape(i.shape()), 1).seconds(TRUTH))
        .toArray();
  }
}
