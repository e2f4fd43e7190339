package tessera.job.retune;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tessera.Json;
import tessera.backend.Target;
import tessera.measure.TimingPolicy;
import tessera.runtime.Baseline;
import tessera.runtime.BundleManifest;

/**
 * Why a bundle is no longer what would be made now.
 *
 * @param reasons each in a few words; none where it is up to date
 * @param unknown what an older bundle does not tell, in a few words each
 */
record Staleness(List<String> reasons, List<String> unknown) {
  /** What is compared elsewhere, or is measured anew by every run. */
  private static final Set<String> NO_HARDWARE = Set.of("compiler", "driver", "peakGflops");

  /**
   * What there is now.
   *
   * @param product the version of Tessera; empty where nobody knows it
   * @param policy how a workload's times would be taken, of one round
   */
  record Now(Target target, Optional<String> product, TimingPolicy policy) {}

  Staleness {
    reasons = List.copyOf(reasons);
    unknown = List.copyOf(unknown);
  }

  static Staleness of(BundleManifest manifest, Optional<Baseline> baseline, Now now) {
    List<String> reasons = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    Target made = manifest.target();
    if (!made.fingerprint().equals(now.target().fingerprint())) {
      reasons.addAll(hardware(made, now.target()));
    }
    changed("driver", text(made.driverVersion()), text(now.target().driverVersion()), reasons);
    changed("compiler", made.compiler(), now.target().compiler(), reasons);
    changed(
        "manifest schema",
        Integer.toString(manifest.schemaVersion()),
        Integer.toString(BundleManifest.SCHEMA_VERSION),
        reasons);
    policy(baseline, now, reasons, unknown);
    product(baseline, now, reasons, unknown);
    return new Staleness(reasons, unknown);
  }

  private static void policy(
      Optional<Baseline> baseline, Now now, List<String> reasons, List<String> unknown) {
    if (baseline.isEmpty()) {
      unknown.add("the timing policy");
      unknown.add("the times that a canary would be compared with");
    } else {
      String before = words(baseline.get().policy());
      changed("timing policy", before, words(now.policy()), reasons);
    }
  }

  private static void product(
      Optional<Baseline> baseline, Now now, List<String> reasons, List<String> unknown) {
    Optional<String> before = baseline.map(Baseline::product).filter(version -> !version.isEmpty());
    if (before.isEmpty()) {
      unknown.add("the version of Tessera that made it");
    } else if (now.product().isEmpty()) {
      unknown.add("the version of this Tessera, which is not from a jar");
    } else {
      changed("Tessera", before.get(), now.product().get(), reasons);
    }
  }

  boolean isStale() {
    return !reasons.isEmpty();
  }

  private static String text(Optional<String> value) {
    return value.orElse("");
  }

  private static void changed(String what, String before, String now, List<String> reasons) {
    if (!before.equals(now)) {
      reasons.add(what + " " + before + " is now " + now);
    }
  }

  /** Each property of the hardware that differs. */
  static List<String> hardware(Target made, Target now) {
    List<String> reasons = new ArrayList<>();
    JsonNode before = Json.MESSAGES.valueToTree(made);
    for (Map.Entry<String, JsonNode> property : Json.MESSAGES.valueToTree(now).properties()) {
      if (!NO_HARDWARE.contains(property.getKey()) && !property.getValue().isContainerNode()) {
        changed(
            property.getKey(),
            before.path(property.getKey()).asText("unknown"),
            property.getValue().asText(),
            reasons);
      }
    }
    return reasons.isEmpty()
        ? List.of("hardware " + made.folder() + " is now " + now.folder())
        : reasons;
  }

  private static String words(TimingPolicy policy) {
    return "of blocks of "
        + policy.blockNanos()
        + " ns, probes of "
        + policy.probeNanos()
        + " ns and "
        + policy.rotateBytes()
        + " rotated bytes";
  }
}
