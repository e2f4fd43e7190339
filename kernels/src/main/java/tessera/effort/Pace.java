package tessera.effort;

/**
 * How long measuring takes on a kind of device, by which a run plans its end.
 *
 * @param blockSeconds seconds of one timed block, with the rest after it; longer where its only
 *     call is
 * @param calls how many times the estimated call passes before a function is timed on an instance:
 *     the first calls are slower
 * @param loadSeconds seconds to load a function, and to check it
 * @param settlingSeconds seconds before each block until the threads of the function before it
 *     sleep; 0 on one thread
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
