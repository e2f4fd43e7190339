package tessera.job.deliver.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.job.MadeUpRun;
import tessera.job.run.TuningRun;
import tessera.job.search.MadeUpMachine;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.workload.Instance;
import tessera.workload.Workload;

final class ContestTimesTest {
  private static final List<Instance> INSTANCES =
      LongStream.of(2, 9, 31, 60).mapToObj(t -> new Instance(List.of(t), 1)).toList();
  private static final Workload WORKLOAD = MadeUpMachine.WORKLOAD.withInstances(INSTANCES);
  private static final TuningRun RUN = MadeUpRun.of(WORKLOAD, System.out);
  private static final SearchSpace SPACE = RUN.space();
  private static final List<MicroKernel> KERNELS = kernels();

  private static List<MicroKernel> kernels() {
    SplittableRandom random = new SplittableRandom(4);
    return Stream.generate(() -> SPACE.sample(random)).distinct().limit(3).toList();
  }

  /** What a kernel's steps would take, if each took so much longer than the prior says. */
  private static double seconds(int kernel, int instance, double slower) {
    KernelFamily family = SPACE.family(KERNELS.get(kernel));
    MicroKernelCost prior = family.prior(KERNELS.get(kernel));
    return slower
        * family
            .tiling(KERNELS.get(kernel))
            .adaptation(WORKLOAD.shape(INSTANCES.get(instance).shape()), 1)
            .seconds(prior);
  }

  /** The first was timed everywhere, the second but on one instance, the third on two. */
  private static double[][] timed() {
    double[][] timed = new double[3][4];
    for (int i = 0; i < 4; i++) {
      timed[0][i] = seconds(0, i, 2);
      timed[1][i] = i == 0 ? seconds(1, i, 2) : Double.NaN;
      timed[2][i] = i > 1 ? seconds(2, i, 1e3) : Double.NaN;
    }
    return timed;
  }

  private static final ContestTimes SCREENING =
      new ContestTimes(KERNELS, INSTANCES, new double[][][] {timed(), timed()});

  @Test
  void passes_whatWasTimed_staysAsItWas() {
    double[][] timed = timed();
    for (double[][] pass : SCREENING.passes(RUN)) {
      for (int kernel = 0; kernel < 3; kernel++) {
        for (int i = 0; i < 4; i++) {
          assertTrue(
              Double.isNaN(timed[kernel][i]) || timed[kernel][i] == pass[kernel][i],
              kernel + " on " + i);
        }
      }
    }
  }

  @Test
  void passes_whatWasNotTimed_isPricedAndNoContender() {
    double[][] pass = SCREENING.passes(RUN)[0];
    for (int i = 1; i < 4; i++) {
      double fastest = Math.min(pass[0][i], i > 1 ? pass[2][i] : Double.POSITIVE_INFINITY);
      assertTrue(pass[1][i] >= 1.05 * fastest, "T " + INSTANCES.get(i));
    }
    // a thousand times as slow where it was timed, it is so where it was not
    assertEquals(seconds(2, 0, 1e3), pass[2][0], 0.1 * pass[2][0]);
    assertEquals(seconds(2, 1, 1e3), pass[2][1], 0.1 * pass[2][1]);
  }

  @Test
  void without_aKernel_keepsTheTimesOfOthers() {
    ContestTimes others = SCREENING.without(KERNELS.get(1)::equals);
    assertEquals(List.of(KERNELS.get(0), KERNELS.get(2)), others.kernels());
    assertEquals(seconds(2, 3, 1e3), others.known().seconds()[1][3]);
    assertTrue(Double.isNaN(others.known().seconds()[1][0]));
  }

  @Test
  void passes_instanceOfWhichNothingIsLeft_isPriced() {
    double[][] pass = SCREENING.without(kernel -> !kernel.equals(KERNELS.get(1))).passes(RUN)[0];
    for (double seconds : pass[0]) {
      assertTrue(seconds > 0 && Double.isFinite(seconds), "" + seconds);
    }
  }
}
