package tessera.cost;

import java.util.Map;
import java.util.TreeMap;
import tessera.Json;

/**
 * Constants that were fitted together, and their source.
 *
 * @param describes what the constants tell the cost of
 * @param measuredOn the model of the device on which the data was measured
 * @param date the day of the fit, or of the commit that brought it
 * @param data the measurements to which the constants were fitted
 * @param logError the mean absolute error of a time's logarithm over that data, or "unknown"
 * @param heldTo the families whose measured times a test holds the constants to
 * @param check what the constants were compared with since, and the log error there, or "none"
 * @param constants each constant by its name
 */
public record Fit(
    String describes,
    String measuredOn,
    String date,
    String data,
    String logError,
    String heldTo,
    String check,
    Map<String, Constant> constants) {
  /**
   * One fitted number.
   *
   * @param unit what the number counts or measures
   */
  public record Constant(double value, String unit) {}

  /** The constants as a record that has a component for each of them, and no other. */
  <T> T as(Class<T> type) {
    Map<String, Double> values = new TreeMap<>();
    constants.forEach((name, constant) -> values.put(name, constant.value()));
    return Json.DOCUMENTS.convertValue(values, type);
  }
}
