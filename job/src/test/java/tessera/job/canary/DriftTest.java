package tessera.job.canary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tessera.backend.cuda.Samples;
import tessera.job.SmallBundle;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.operator.Problem;
import tessera.runtime.Baseline;
import tessera.runtime.BundleFiles;
import tessera.runtime.BundleManifest;
import tessera.trial.BundleTimer;
import tessera.workload.Workload;

/** Checks on a made-up machine whose blocks are longer than they need be, by chance. */
final class DriftTest {
  private static final BundleManifest.KernelEntry REFERENCE =
      new BundleManifest.KernelEntry("reference", "cuda-simt", Map.of());

  private static final List<List<Long>> SHAPES = List.of(List.of(1L), List.of(5L), List.of(9L));

  private final SplittableRandom random = new SplittableRandom();
  private final List<BundleTimer.Asked> asked = new ArrayList<>();

  /** How the machine is now. */
  private double bundleFactor = 1;

  private double machineFactor = 1;

  /** The share of blocks that meet nothing else. */
  private double undisturbed = 0.3;

  private final Map<Integer, Double> factorOfPass = new HashMap<>();

  private BundleTimer.Timed time(int pass, BundleTimer.Asked what) {
    asked.add(what);
    Workload workload = SmallBundle.WORKLOAD.anywhere();
    double bundle = factorOfPass.getOrDefault(pass, bundleFactor);
    List<List<Timing>> timings = new ArrayList<>();
    for (List<Long> shape : what.shapes()) {
      Problem problem = workload.problem(shape.get(0));
      double seconds = 1e5 * machineFactor * shape.get(0);
      timings.add(
          List.of(
              timing(problem, what.policy().rounds(), bundle * seconds),
              timing(problem, what.policy().rounds(), 1.3 * seconds)));
    }
    return new BundleTimer.Timed(Outcome.OK, "", timings);
  }

  private Timing timing(Problem problem, int rounds, double nanos) {
    double[] blocks =
        random
            .doubles(rounds)
            .map(
                d ->
                    d < undisturbed
                        ? nanos * (1 + random.nextDouble() / 300)
                        : nanos * (1 + 2 * random.nextDouble()))
            .toArray();
    return new Timing(problem, blocks, new double[0], Map.of());
  }

  private static final BundleFiles FILES = new BundleFiles("", Map.of());

  private Canary canary() {
    return new Canary(pass -> (what, until) -> time(pass, what));
  }

  private Baseline baseline() {
    return canary()
        .baseline(FILES, SmallBundle.manifest(), "1.0", REFERENCE, SHAPES, Deadline.NEVER)
        .baseline()
        .orElseThrow();
  }

  private Drift check(Baseline baseline) {
    asked.clear();
    return canary().check(FILES, SmallBundle.manifest(), baseline, Samples.H200);
  }

  @Test
  void check_asItWas_endsAfterOnePass() {
    Drift drift = check(baseline());
    assertFalse(drift.isBeyond(), drift.words());
    assertEquals(1, asked.size());
    assertEquals(1, asked.get(0).policy().threads());
  }

  @Test
  void check_slowerByEightPercent_isNoticed() {
    Baseline baseline = baseline();
    bundleFactor = 1.08;
    Drift drift = check(baseline);
    assertTrue(drift.isBeyond(), drift.words());
    assertEquals(0.08, drift.slowdown(), 0.02);
    assertEquals(List.of(40, 80, 80), asked.stream().map(a -> a.policy().rounds()).toList());
  }

  @Test
  void check_machineSlowerByHalf_isNoDrift() {
    Baseline baseline = baseline();
    machineFactor = 1.5;
    undisturbed = 0.15;
    Drift drift = check(baseline);
    assertFalse(drift.isBeyond(), drift.words());
    assertEquals(0.5, drift.referenceSlowdown(), 0.03);
  }

  @Test
  void check_firstPassOfThreeIsSpoiled_isNoDrift() {
    Baseline baseline = baseline();
    factorOfPass.put(0, 1.3);
    Drift drift = check(baseline);
    assertFalse(drift.isBeyond(), drift.words());
    assertEquals(2, drift.passes());
  }

  @Test
  void check_faster_isNoDrift() {
    Baseline baseline = baseline();
    bundleFactor = 0.7;
    assertFalse(check(baseline).isBeyond());
  }

  @Test
  void check_callFails_isNotKnown() {
    Baseline baseline = baseline();
    Drift drift =
        new Canary(pass -> (what, until) -> BundleTimer.Timed.failed(Outcome.RUN_FAILED, "it died"))
            .check(FILES, SmallBundle.manifest(), baseline, Samples.H200);
    assertFalse(drift.isKnown());
    assertFalse(drift.isBeyond());
    assertEquals("canary RUN_FAILED: it died", drift.words());
  }

  @Test
  void band_setsThatDiffer_isWiderWithinItsLimits() {
    double[] steady = {1, 1, 1};
    assertEquals(0.04, Drift.none(of(new double[] {1, 1, 1}, steady)).band(), 1e-9);
    assertEquals(0.045, Drift.none(of(new double[] {1, 1.015, 1.01}, steady)).band(), 1e-9);
    assertEquals(0.06, Drift.none(of(new double[] {1, 1.2, 1.1}, steady)).band(), 1e-9);
  }

  private static Baseline of(double[] seconds, double[] reference) {
    return new Baseline(
        Baseline.SCHEMA_VERSION,
        "",
        Canary.usual(Samples.H200, SmallBundle.WORKLOAD.anywhere()),
        REFERENCE,
        List.of(new Baseline.Sample(List.of(1L), seconds, reference)));
  }
}
