package tessera.job.spark;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tessera.job.search.MadeUpMachine;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.trial.Trial;

final class ReferenceSpeedsTest {
  private static final double[] NANOS = {100, 100, 100};
  private static final double[] NONE = {};

  private final ReferenceSpeeds speeds = new ReferenceSpeeds();

  private static Trial trial(String worker, double[] around, Map<String, double[]> observed) {
    Problem problem = MadeUpMachine.WORKLOAD.problems(MadeUpMachine.WORKLOAD.sampled()).get(0);
    return new Trial(
        new MicroKernel("any", Map.of()),
        Outcome.OK,
        "",
        Map.of(),
        1,
        1,
        1,
        List.of(new Timing(problem, NANOS, around, observed)),
        worker);
  }

  private static Trial onCores(String worker, double speed) {
    return trial(worker, new double[] {speed, speed, speed}, Map.of());
  }

  private static Trial onGpu(String worker, double speed) {
    return trial(worker, NONE, Map.of(Timing.REFERENCE, new double[] {speed, speed, speed}));
  }

  private void add(Trial... trials) {
    List.of(trials).forEach(speeds::add);
  }

  @Test
  void areLowIn_tenthOfAnotherDevicesSpeed_areLow() {
    Trial slow = onCores("b", 10);
    add(onCores("a", 100), slow, slow, slow);
    assertTrue(speeds.areLowIn(slow));
    assertFalse(speeds.areLowIn(onCores("a", 100)));
  }

  @Test
  void areLowIn_thirdOfAnotherDevicesSpeed_areNot() {
    Trial slower = onCores("b", 33);
    add(onCores("a", 100), slower);
    assertFalse(speeds.areLowIn(slower));
  }

  @Test
  void areLowIn_momentOfAnyDevice_areLow() {
    add(onCores("a", 100), onCores("a", 110), onCores("a", 90));
    assertTrue(speeds.areLowIn(onCores("a", 20)));
  }

  @Test
  void areLowIn_fasterDeviceCameSince_counts() {
    Trial slow = onCores("a", 10);
    add(slow);
    assertFalse(speeds.areLowIn(slow));
    add(onCores("b", 100));
    assertTrue(speeds.areLowIn(slow));
  }

  @Test
  void areUsuallyLowOn_lowMomentOfADevice_areNot() {
    add(onCores("a", 100), onCores("b", 100), onCores("b", 110), onCores("b", 10));
    assertFalse(speeds.areUsuallyLowOn("b"));
  }

  @Test
  void areUsuallyLowOn_deviceThatIsMostlySlow_are() {
    add(onCores("a", 100), onCores("b", 100), onCores("b", 10), onCores("b", 10));
    assertTrue(speeds.areUsuallyLowOn("b"));
    assertFalse(speeds.areUsuallyLowOn("a"));
    assertFalse(speeds.areUsuallyLowOn("c"), "of which nothing is known");
  }

  @Test
  void areLowIn_observedReferenceOfAGpu_counts() {
    Trial slow = onGpu("b", 10);
    add(onGpu("a", 100), slow);
    assertTrue(speeds.areLowIn(slow));
  }

  @Test
  void areLowIn_deviceWithoutReference_areNot() {
    Trial none = trial("a", NONE, Map.of());
    add(none, onCores("b", 100));
    assertFalse(speeds.areLowIn(none));
  }
}
