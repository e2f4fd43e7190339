package tessera.job.retune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tessera.Json;
import tessera.backend.Target;
import tessera.backend.cuda.Samples;
import tessera.job.SmallBundle;
import tessera.job.canary.Canary;
import tessera.measure.TimingPolicy;
import tessera.runtime.Baseline;
import tessera.runtime.BundleManifest;

/** Each cause for which a bundle is stale, of a GPU, which has all of them. */
final class StalenessTest {
  private static final TimingPolicy POLICY =
      Canary.usual(Samples.H200, SmallBundle.WORKLOAD.anywhere());

  private static Baseline baseline(String product) {
    return new Baseline(
        Baseline.SCHEMA_VERSION,
        product,
        POLICY,
        new BundleManifest.KernelEntry("reference", "cuda-simt", Map.of()),
        List.of());
  }

  private static Target with(String field, Object value) {
    ObjectNode json = Json.MESSAGES.valueToTree(Samples.H200);
    json.set(field, Json.MESSAGES.valueToTree(value));
    return Json.record(json.toString(), Target.class);
  }

  private static Staleness of(Target now) {
    return Staleness.of(
        SmallBundle.manifest(),
        Optional.of(baseline("1.0")),
        new Staleness.Now(now, Optional.of("1.0"), POLICY));
  }

  @Test
  void of_theSame_isUpToDateAndKnown() {
    assertEquals(new Staleness(List.of(), List.of()), of(Samples.H200));
    assertFalse(of(with("peakGflops", 1)).isStale(), "a peak is measured anew by each run");
  }

  @Test
  void of_otherCompiler_namesBoth() {
    assertEquals(
        List.of("compiler " + Samples.H200.compiler() + " is now NVRTC 99.1"),
        of(with("compiler", "NVRTC 99.1")).reasons());
  }

  @Test
  void of_otherDriverOfTheSameBranch_namesBoth() {
    String before = Samples.H200.driver();
    String branch = before.split("\\.")[0];
    Target now = with("driver", branch + ".999");
    assertEquals(Samples.H200.fingerprint(), now.fingerprint());
    assertEquals(List.of("driver " + before + " is now " + branch + ".999"), of(now).reasons());
  }

  @Test
  void of_otherHardware_namesEachProperty() {
    int before = Samples.H200.multiprocessors();
    assertEquals(
        List.of("multiprocessors " + before + " is now 78"),
        of(with("multiprocessors", 78)).reasons());
  }

  @Test
  void of_otherPolicySchemaAndVersion_namesEach() {
    TimingPolicy other = new TimingPolicy(1, 7, 8, 9, 1, 0.5);
    Staleness staleness =
        Staleness.of(
            SmallBundle.manifest(5),
            Optional.of(baseline("1.0")),
            new Staleness.Now(Samples.H200, Optional.of("1.1"), other));
    assertEquals(
        List.of(
            "manifest schema 5 is now " + BundleManifest.SCHEMA_VERSION,
            "timing policy of blocks of "
                + POLICY.blockNanos()
                + " ns, probes of "
                + POLICY.probeNanos()
                + " ns and "
                + POLICY.rotateBytes()
                + " rotated bytes is now of blocks of 7 ns, probes of 8 ns and 9 rotated bytes",
            "Tessera 1.0 is now 1.1"),
        staleness.reasons());
  }

  @Test
  void of_bundleWithoutBaseline_saysWhatIsUnknown() {
    Staleness staleness =
        Staleness.of(
            SmallBundle.manifest(),
            Optional.empty(),
            new Staleness.Now(Samples.H200, Optional.of("1.0"), POLICY));
    assertFalse(staleness.isStale());
    assertEquals(
        List.of(
            "the timing policy",
            "the times that a canary would be compared with",
            "the version of Tessera that made it"),
        staleness.unknown());
  }

  @Test
  void of_versionThatNobodyKnowsNow_isNoReason() {
    Staleness staleness =
        Staleness.of(
            SmallBundle.manifest(),
            Optional.of(baseline("1.0")),
            new Staleness.Now(Samples.H200, Optional.empty(), POLICY));
    assertFalse(staleness.isStale());
    assertEquals(
        List.of("the version of this Tessera, which is not from a jar"), staleness.unknown());
  }
}
