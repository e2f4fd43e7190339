package tessera.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tessera.Json;
import tessera.UserError;
import tessera.integrity.CheckedFolder;
import tessera.integrity.Trust;
import tessera.measure.TimingPolicy;

/**
 * {@code baseline.json} of a bundle: under what it was made, and what its own library took on a few
 * shapes just before it was published, beside a micro-kernel that is not in it. A check of the
 * bundle later times the two again. Bundles before there was this file have none.
 *
 * @param schemaVersion of this record; readers refuse a newer one
 * @param product the version of Tessera that made the bundle; empty where nobody knew it
 * @param policy how the bundle's times were taken, of one round
 * @param reference the micro-kernel beside it
 * @param samples one for each shape
 */
public record Baseline(
    int schemaVersion,
    String product,
    TimingPolicy policy,
    BundleManifest.KernelEntry reference,
    List<Sample> samples) {
  public static final int SCHEMA_VERSION = 1;
  public static final String FILE = "baseline.json";

  private static final int MOST_BYTES = 1 << 20;
  private static final int MOST_SAMPLES = 1000;
  private static final List<String> PARTS = List.of("product", "policy", "reference", "samples");
  private static final List<String> REFERENCE_PARTS = List.of("name", "family", "parameters");
  private static final List<String> SAMPLE_PARTS = List.of("shape", "seconds", "reference");

  public Baseline {
    samples = List.copyOf(samples);
  }

  /**
   * One shape: seconds of a call of each by one thread, in each of some sets of blocks. The least
   * of the blocks of a set, since whatever else a machine does makes blocks longer and none
   * shorter.
   */
  public record Sample(List<Long> shape, double[] seconds, double[] reference) {
    /** The bundle's time over the reference's, of all sets. */
    public double ratio() {
      return least(seconds) / least(reference);
    }

    /** The same of one set. */
    public double ratio(int set) {
      return seconds[set] / reference[set];
    }

    private static double least(double[] values) {
      return Arrays.stream(values).min().orElseThrow();
    }
  }

  /**
   * That of a bundle whose files were checked.
   *
   * @return empty where it has none
   * @throws UserError where it cannot be used
   */
  public static Optional<Baseline> of(Bundle bundle) {
    try {
      CheckedFolder folder = CheckedFolder.open(bundle.folder(), Trust.only(bundle.digest()));
      return folder.sums().containsKey(FILE)
          ? Optional.of(read(bundle, folder.bytes(FILE, MOST_BYTES)))
          : Optional.empty();
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw unusable(bundle, UserError.shortened(UserError.words(String.valueOf(e.getMessage()))));
    } catch (IOException e) {
      throw UserError.of(bundle.folder() + " cannot be read", e, "check its permissions");
    }
  }

  private static Baseline read(Bundle bundle, byte[] content) throws IOException {
    JsonNode json = Json.FOREIGN.readTree(content);
    if (json.path("schemaVersion").asDouble() > SCHEMA_VERSION) {
      throw new UserError(
          bundle.folder() + " has a newer " + FILE + " than this Tessera reads; update Tessera");
    }
    Optional<String> missing = missing(json);
    if (missing.isPresent()) {
      throw unusable(bundle, "it has no " + missing.get());
    }
    Baseline baseline = Json.FOREIGN.treeToValue(json, Baseline.class);
    int variables = bundle.manifest().workload().variables().size();
    int sets = baseline.samples.get(0).seconds().length;
    if (baseline.samples.size() > MOST_SAMPLES
        || baseline.samples.stream().anyMatch(sample -> !isSound(sample, variables, sets))) {
      throw unusable(bundle, "it has a shape or a time that cannot be");
    }
    return baseline;
  }

  /** A part without which there is nothing to compare with. */
  private static Optional<String> missing(JsonNode json) {
    Optional<String> missing = missing(json, PARTS, "");
    if (missing.isEmpty()) {
      missing = missing(json.path("reference"), REFERENCE_PARTS, " of its reference");
    }
    if (missing.isEmpty() && json.path("samples").isEmpty()) {
      return Optional.of("samples");
    }
    for (JsonNode sample : json.path("samples")) {
      missing = missing.or(() -> missing(sample, SAMPLE_PARTS, " of a sample"));
    }
    return missing;
  }

  private static Optional<String> missing(JsonNode json, List<String> parts, String where) {
    return parts.stream()
        .filter(part -> !json.hasNonNull(part))
        .map(part -> part + where)
        .findFirst();
  }

  private static boolean isSound(Sample sample, int variables, int sets) {
    return sample.shape().size() == variables
        && sample.shape().stream().allMatch(value -> value != null && value > 0)
        && sets > 0
        && sample.seconds().length == sets
        && sample.seconds().length == sample.reference().length
        && Arrays.stream(sample.seconds()).allMatch(Baseline::isTime)
        && Arrays.stream(sample.reference()).allMatch(Baseline::isTime);
  }

  private static boolean isTime(double seconds) {
    return seconds > 0 && seconds < Double.POSITIVE_INFINITY;
  }

  private static UserError unusable(Bundle bundle, String why) {
    return new UserError(
        bundle.folder() + " has an unusable " + FILE + ": " + why + "; publish the bundle again");
  }
}
