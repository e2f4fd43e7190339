package tessera.runtime;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tessera.Digest;
import tessera.Json;
import tessera.backend.Target;
import tessera.backend.WeightsForm;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.FormerNames;
import tessera.workload.WorkloadSpec;

/**
 * {@code manifest.json}: what a bundle is, for whom, and what to expect of it.
 *
 * @param schemaVersion of this record; readers refuse a newer one
 * @param id identifies the kernels and the dispatcher; embedded in the C library
 * @param tolerance how far an element may be from the exact result
 * @param kernels the shipped micro-kernels
 * @param preparedBytes what the second operand takes once it is prepared, beside itself; 0 where
 *     that is nothing, and in a manifest from before version 7
 * @param plans how they serve shapes, in dispatch order
 * @param expected measured times on instances
 * @param preparedPlans how calls with prepared weights are served, where that is another way; over
 *     the same micro-kernels
 * @param preparedExpected measured times of such calls, with indices of these plans
 * @param tools versions of what made the bundle
 * @param files every file but this one, SHA256SUMS and its signature
 */
public record BundleManifest(
    int schemaVersion,
    String name,
    String id,
    String created,
    WorkloadSpec workload,
    Target target,
    String tolerance,
    List<KernelEntry> kernels,
    long preparedBytes,
    List<LaunchPlan> plans,
    List<Expected> expected,
    List<LaunchPlan> preparedPlans,
    List<Expected> preparedExpected,
    Map<String, String> tools,
    Map<String, FileEntry> files) {
  public static final int SCHEMA_VERSION = 8;

  /** Expected times have weights and spreads from this version on. */
  private static final int WEIGHTS = 6;

  /** What prepared weights take is said from this version on. */
  private static final int PREPARED = 7;

  /** All libraries beside expected times are named from this version on. */
  private static final int PEERS = 8;

  /** The name of the run among the tools that made the bundle; since version 6. */
  public static final String RUN = "run";

  public BundleManifest {
    // version 1 had no plans but the micro-kernels themselves; what 3 lacked, WorkloadSpec adds,
    // and
    // what 4 lacked, FileEntry
    plans = plans == null ? LaunchPlan.singles(kernels.size()) : plans;
    preparedPlans = preparedPlans == null ? List.of() : preparedPlans;
    preparedExpected = preparedExpected == null ? List.of() : preparedExpected;
  }

  /** One whose calls with prepared weights are served as all others. */
  public BundleManifest(
      int schemaVersion,
      String name,
      String id,
      String created,
      WorkloadSpec workload,
      Target target,
      String tolerance,
      List<KernelEntry> kernels,
      long preparedBytes,
      List<LaunchPlan> plans,
      List<Expected> expected,
      Map<String, String> tools,
      Map<String, FileEntry> files) {
    this(
        schemaVersion,
        name,
        id,
        created,
        workload,
        target,
        tolerance,
        kernels,
        preparedBytes,
        plans,
        expected,
        List.of(),
        List.of(),
        tools,
        files);
  }

  /** Whether it serves both weights as they are and prepared ones. */
  public boolean preparesToo() {
    return !preparedPlans.isEmpty();
  }

  /** The micro-kernels of a plan of calls with prepared weights. */
  public String preparedPlanName(int plan) {
    return preparedPlans.get(plan).name(kernels.stream().map(KernelEntry::name).toList());
  }

  /**
   * A manifest that has, of this one's calls, only those with prepared weights, as its plans and
   * expected times. For bundles that serve both forms.
   */
  public BundleManifest ofPreparedCalls() {
    return new BundleManifest(
        schemaVersion,
        name,
        id,
        created,
        workload,
        target,
        tolerance,
        kernels,
        preparedBytes,
        preparedPlans,
        preparedExpected,
        tools,
        files);
  }

  /** Of any version so far, with what theirs lacks. */
  static BundleManifest read(JsonNode json) throws JsonProcessingException {
    if (json.path("schemaVersion").asInt() < WEIGHTS) {
      for (JsonNode expected : json.path("expected")) {
        if (expected.isObject()) {
          ((ObjectNode) expected).put("weight", 0).put("spread", 0);
        }
      }
    }
    if (json.path("schemaVersion").asInt() < PEERS) {
      withoutPeers(json.path("expected"));
      withoutPeers(json.path("preparedExpected"));
    }
    if (json.path("schemaVersion").asInt() < PREPARED && json.isObject()) {
      ((ObjectNode) json).put("preparedBytes", 0);
    }
    return Json.FOREIGN.treeToValue(json, BundleManifest.class);
  }

  private static void withoutPeers(JsonNode times) {
    for (JsonNode expected : times) {
      if (expected.isObject()) {
        ((ObjectNode) expected).putArray("peers");
      }
    }
  }

  /** The micro-kernels of a plan. */
  public String planName(int plan) {
    return plans.get(plan).name(kernels.stream().map(KernelEntry::name).toList());
  }

  /** What is expected on shapes of the range that was asked for. */
  public List<Expected> tuned() {
    return expected.stream().filter(one -> !liesBeyond(one)).toList();
  }

  /** What is expected on shapes beyond the range that was asked for; none before version 6. */
  public List<Expected> beyond() {
    return expected.stream().filter(this::liesBeyond).toList();
  }

  private boolean liesBeyond(Expected one) {
    return schemaVersion >= WEIGHTS && one.weight() == 0;
  }

  /** Threads of the calls whose times it has; 1 where it has none. */
  public int threads() {
    return expected.stream().mapToInt(Expected::threads).findFirst().orElse(1);
  }

  /** This manifest with another list of files. */
  BundleManifest withFiles(Map<String, FileEntry> others) {
    return new BundleManifest(
        schemaVersion,
        name,
        id,
        created,
        workload,
        target,
        tolerance,
        kernels,
        preparedBytes,
        plans,
        expected,
        preparedPlans,
        preparedExpected,
        tools,
        others);
  }

  /**
   * A file of the bundle.
   *
   * @param bytes its size; {@link #UNKNOWN} in a manifest from before version 5
   */
  public record FileEntry(long bytes, String sha256) {
    public static final long UNKNOWN = -1;

    static FileEntry of(byte[] content) {
      return new FileEntry(content.length, Digest.sha256(content));
    }

    /** As versions before 5 wrote it. */
    @JsonCreator
    static FileEntry of(String sha256) {
      return new FileEntry(UNKNOWN, sha256);
    }

    @JsonCreator
    static FileEntry of(
        @JsonProperty(value = "bytes", required = true) long bytes,
        @JsonProperty(value = "sha256", required = true) String sha256) {
      return new FileEntry(bytes, sha256);
    }
  }

  /** A shipped micro-kernel. */
  public record KernelEntry(String name, String family, Map<String, Integer> parameters) {
    public KernelEntry {
      parameters = FormerNames.current(family, parameters);
    }
  }

  /**
   * What a call took when the bundle was made.
   *
   * @param plan index of the dispatched plan
   * @param seconds of one call with {@code threads} threads, at the target's measured peak
   * @param vendorSeconds the same by the fastest library with weights in the same form, and before
   *     version 8 with plain weights; 0 where there was none
   * @param regret time over the best plan's time, minus 1
   * @param weight share of the work that the shape stands for, of 1; 0 of a shape beyond the range
   *     that was asked for, and in a manifest from before version 6
   * @param spread (p80 - p20) / median of the timed blocks; 0 where it is not known, as in a
   *     manifest from before version 6
   * @param peers the same by all libraries; none in a manifest from before version 8
   */
  public record Expected(
      List<Long> shape,
      int threads,
      @JsonAlias("kernel") int plan,
      double seconds,
      double gflops,
      double vendorSeconds,
      double regret,
      double weight,
      double spread,
      List<PeerTime> peers) {}

  /** The libraries beside some expected times that had weights in a form; empty where none had. */
  public static String peers(List<Expected> some, WeightsForm form) {
    return some.stream()
        .flatMap(expected -> expected.peers().stream())
        .filter(peer -> peer.form() == form)
        .map(peer -> WeightsForm.title(peer.name(), peer.version()))
        .distinct()
        .sorted()
        .collect(Collectors.joining(" or "));
  }

  /**
   * What a call took by another library.
   *
   * @param version empty where nobody knows it
   * @param form of the weights that it was given
   */
  public record PeerTime(String name, String version, WeightsForm form, double seconds) {
    public String label() {
      return form.label(name, version);
    }
  }
}
