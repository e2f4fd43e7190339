package tessera.cost;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import tessera.Json;

/**
 * The fitted constants of one device model, in one file: what priors know before anything is
 * measured.
 *
 * @param model the device model
 * @param note where the constants are used beyond that model
 * @param fits the fits by their names
 */
public record Fits(String model, String note, Map<String, Fit> fits) {
  public Fits {
    fits = Map.copyOf(fits);
  }

  /**
   * Reads the file of a device model.
   *
   * @param path the resource, from the root of the class path
   */
  public static Fits read(String path) {
    try (InputStream in = Fits.class.getResourceAsStream(path)) {
      return Json.DOCUMENTS.readValue(in, Fits.class);
    } catch (IOException e) {
      throw new UncheckedIOException(path + " is no file of fitted constants", e);
    }
  }

  /** The constants of one fit, as a record that has a component for each of them, and no other. */
  public <T> T fit(String name, Class<T> type) {
    Fit fit = fits.get(name);
    if (fit == null) {
      throw new IllegalArgumentException(
          "no fit '" + name + "' for " + model + ", only " + fits.keySet());
    }
    return fit.as(type);
  }
}
