package tessera.trial;

import java.util.List;
import java.util.Map;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;

/**
 * A candidate that was built and measured.
 *
 * @param message why it failed, else empty
 * @param resources what the built micro-kernel takes of the device, counts by name
 * @param timings one for each probe, when the outcome is OK or NOISY
 * @param worker the process and device that measured it
 */
public record Trial(
    MicroKernel kernel,
    Outcome outcome,
    String message,
    Map<String, Integer> resources,
    long buildNanos,
    long verifyNanos,
    long timeNanos,
    List<Timing> timings,
    String worker) {
  public Trial {
    resources = Map.copyOf(resources);
    timings = List.copyOf(timings);
  }

  public boolean isOk() {
    return outcome == Outcome.OK;
  }

  /** Nanoseconds for which it had its device to itself. */
  public long measuringNanos() {
    return verifyNanos + timeNanos;
  }

  /** The device by its host and name, whichever process of the host measured. */
  public String device() {
    return worker.replaceFirst(":\\d+ ", " ");
  }
}
