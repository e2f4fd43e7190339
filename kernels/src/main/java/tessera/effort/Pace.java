package tessera.effort;

/**
 * How long measuring takes on a kind of device, by which a run plans its end.
 *
 * @param blockSeconds seconds of one timed block, with the rest after it; longer where its only
 *     call is
 * @param calls calls of a function on an instance before it is timed, in terms of those that are
 *     estimated: others are slower
 * @param loadSeconds seconds to load a function, and to check it
 * @param settlingSeconds seconds between functions of several threads that are timed beside each
 *     other
 * @param fillSeconds seconds to fill a byte of an operand with random numbers
 * @param publishSeconds seconds to train the dispatcher, and to build and write a bundle
 */
public record Pace(
    double blockSeconds,
    double calls,
    double loadSeconds,
    double settlingSeconds,
    double fillSeconds,
    double publishSeconds) {
  Pace withoutSettling() {
    return new Pace(blockSeconds, calls, loadSeconds, 0, fillSeconds, publishSeconds);
  }

  /**
   * Seconds to time one function on an instance.
   *
   * @param call seconds of a call
   * @param blocks timed blocks
   */
  public double seconds(double call, int blocks) {
    return calls * call + blocks * (call > blockSeconds ? call : call + blockSeconds);
  }
}
