package tessera.analysis.figures;

import java.util.Map;

/**
 * A trial.
 *
 * @param search of a search for one shape alone, its folder; empty for the joint one
 * @param index within its round
 * @param kernel the micro-kernel's name
 * @param outcome {@code OK}, or how it ended
 * @param message why it failed, else empty
 */
public record TrialFigures(
    String search,
    int round,
    int index,
    String family,
    String kernel,
    Map<String, Integer> parameters,
    String outcome,
    String message,
    Map<String, Integer> resources,
    double buildSeconds,
    double verifySeconds,
    double timeSeconds,
    String worker) {
  public boolean isOk() {
    return outcome.equals("OK");
  }
}
