package tessera.backend.simulated;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.compile.BuildResult;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;
import tessera.trial.TrialRunner;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

final class SimulatedBackendTest {
  private static final Workload WORKLOAD =
      new WorkloadSpec(
              "simulated",
              "dense",
              "float16",
              "none",
              List.of("T"),
              Map.of("m", "16 * T", "n", "2304", "k", "768"))
          .anywhere();

  private final SimulatedProvider provider = new SimulatedProvider();

  @AfterEach
  void pretendNothing() {
    new Simulation(List.of(1), 1, 0, 1).properties().keySet().forEach(System::clearProperty);
  }

  private static void pretend(Simulation simulation) {
    simulation.properties().forEach(System::setProperty);
  }

  @Test
  void detect_processThatPretendsNothing_isAMistake() {
    UserError error = assertThrows(UserError.class, () -> provider.detect("0/0", Optional.empty()));
    assertEquals("this process simulates no devices; tessera bench scale does", error.getMessage());
    assertThrows(UserError.class, provider::addresses);
  }

  @Test
  void simulation_aNumberTooSmall_isAMistakeThatNamesItsOption() {
    assertEquals("--devices must be numbers of at least 1, not []", mistake(List.of(), 1, 0, 1));
    assertEquals(
        "--devices must be numbers of at least 1, not [4, 0]", mistake(List.of(4, 0), 1, 0, 1));
    assertEquals("--cores must be at least 1, not 0", mistake(List.of(4), 0, 0, 1));
    assertEquals("--build must be at least 0 s, not -1.0 s", mistake(List.of(4), 1, -1, 1));
    assertEquals("--time must be more than 0 s, not 0.0 s", mistake(List.of(4), 1, 0, 0));
  }

  private static String mistake(List<Integer> groups, int cores, double build, double time) {
    return assertThrows(UserError.class, () -> new Simulation(groups, cores, build, time))
        .getMessage();
  }

  @Test
  void detect_devicesOfTwoGroups_areOfTwoKindsWithNamesOfTheirOwn() {
    pretend(new Simulation(List.of(1, 3), 2, 0, 0.001));
    List<Backend> devices =
        provider.addresses().stream()
            .map(address -> provider.detect(address, Optional.empty()))
            .toList();
    assertEquals(4, devices.size());
    Set<String> names = new HashSet<>();
    Set<String> kinds = new HashSet<>();
    devices.forEach(device -> names.add(device.deviceName()));
    devices.forEach(device -> kinds.add(device.target().fingerprint()));
    assertEquals(4, names.size());
    assertEquals(2, kinds.size());
    assertEquals(devices.get(0), provider.detect("0/0", Optional.empty()));
  }

  @Test
  void run_candidate_takesTheTimesThatItShouldAndSaysTheSameInEachProcess() {
    pretend(new Simulation(List.of(1), 1, 0.02, 0.03));
    Backend device = provider.detect("0/0", Optional.empty());
    SearchSpace space = device.hardware().space(WORKLOAD);
    MicroKernel kernel = space.sample(new SplittableRandom());
    TimingPolicy policy = device.hardware().policy(WORKLOAD, 3, 1);
    try (TrialRunner runner =
        new TrialRunner(
            List.of(device.as(device.target(), Duration.ofSeconds(1))),
            WORKLOAD,
            1,
            Patience.USUAL)) {
      Trial first = runner.run(kernel, policy, List.of(), Deadline.NEVER);
      Trial second = runner.run(kernel, policy, List.of(), Deadline.NEVER);
      assertEquals(Outcome.OK, first.outcome(), first.message());
      assertTrue(first.buildNanos() >= 20_000_000, "built in " + first.buildNanos());
      assertTrue(first.measuringNanos() >= 30_000_000, "timed in " + first.measuringNanos());
      assertTrue(second.beganMicros() >= first.beganMicros() + 30_000, "at once");
      assertEquals(
          first.timings().get(0).seconds(1), second.timings().get(0).seconds(1), "the same truth");
      assertEquals(first.timings().get(0).nanos().length, 3);
    }
  }

  @Test
  void build_interrupted_isGivenUp() {
    pretend(new Simulation(List.of(1), 1, 60, 0.03));
    Backend device = provider.detect("0/0", Optional.empty());
    MicroKernel kernel = device.hardware().space(WORKLOAD).sample(new SplittableRandom());
    Thread.currentThread().interrupt();
    assertEquals(BuildResult.Status.TIMEOUT, device.build(WORKLOAD, kernel).status());
    assertTrue(Thread.interrupted(), "the interruption was kept");
  }
}
