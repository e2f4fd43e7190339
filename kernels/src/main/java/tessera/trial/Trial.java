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
 * @param beganMicros when it got the device, in microseconds since 1970 by its host's clock; 0
 *     where it got none, or a log does not say it
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
    String worker,
    long beganMicros) {
  public Trial {
    resources = Map.copyOf(resources);
    timings = List.copyOf(timings);
  }

  /** One of which nobody knows when it was measured. */
  public Trial(
      MicroKernel kernel,
      Outcome outcome,
      String message,
      Map<String, Integer> resources,
      long buildNanos,
      long verifyNanos,
      long timeNanos,
      List<Timing> timings,
      String worker) {
    this(
        kernel,
        outcome,
        message,
        resources,
        buildNanos,
        verifyNanos,
        timeNanos,
        timings,
        worker,
        0);
  }

  /** The same with another end. */
  public Trial ended(Outcome other, String why) {
    return new Trial(
        kernel,
        other,
        why,
        resources,
        buildNanos,
        verifyNanos,
        timeNanos,
        timings,
        worker,
        beganMicros);
  }

  public boolean isOk() {
    return outcome == Outcome.OK;
  }

  /** Nanoseconds for which it had its device to itself. */
  public long measuringNanos() {
    return verifyNanos + timeNanos;
  }

  /** The name by which processes of its host know the device. */
  public String deviceName() {
    return worker.substring(worker.indexOf(' ') + 1);
  }

  /** The device by its host and name, whichever process of the host measured. */
  public String device() {
    return device(worker);
  }

  /** The device of a worker by its host and name. */
  public static String device(String worker) {
    return worker.replaceFirst(":\\d+ ", " ");
  }
}
