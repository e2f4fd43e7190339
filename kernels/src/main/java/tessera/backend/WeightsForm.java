package tessera.backend;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/** How the weights of a call are stored. */
public enum WeightsForm {
  /** As the operator says: whatever is packed is packed in each call. */
  PLAIN("plain"),
  /** In a layout of the library's own, into which they were brought once, outside of any timing. */
  PREPARED("prepared");

  private final String key;

  WeightsForm(String key) {
    this.key = key;
  }

  @JsonValue
  public String key() {
    return key;
  }

  /** A library that is given weights in this form, in words. */
  public String label(String name, String version) {
    return title(name, version) + " " + key;
  }

  /**
   * A library's name with its version.
   *
   * @param version empty where nobody knows it
   */
  public static String title(String name, String version) {
    return version.isEmpty() ? name : name + " " + version;
  }

  @JsonCreator
  static WeightsForm of(String key) {
    return Arrays.stream(values())
        .filter(form -> form.key.equals(key))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no form of weights is called " + key));
  }
}
