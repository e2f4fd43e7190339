package tessera.analysis.figures;

import java.util.List;

/**
 * Latency and throughput by shape: of the dispatched plan beside the vendors' libraries, and of all
 * plans where they were timed to train the dispatcher.
 *
 * @param variables the shape variables, in the order of every shape's values
 * @param threads of the calls
 */
public record Speeds(
    List<String> variables,
    int threads,
    List<Plan> plans,
    List<Dispatched> dispatched,
    List<Timed> timed) {
  /**
   * A plan of the bundle.
   *
   * @param kernels its micro-kernels, one or two, by their places in the portfolio
   */
  public record Plan(int plan, String name, List<Integer> kernels) {}

  /**
   * A call of the bundle on one shape.
   *
   * @param weight the shape's share of the work, of 1; 0 beyond the range that was asked for
   * @param spread of the timed blocks: (p80 - p20) / median; not known of two micro-kernels' time
   * @param vendorSeconds of the fastest library with weights in the same form
   * @param peers all libraries; none of a bundle that did not record them
   * @param regret time over that of the best micro-kernel timed beside it, less 1
   */
  public record Dispatched(
      List<Long> shape,
      Known<Double> weight,
      int threads,
      int plan,
      double seconds,
      double gflops,
      Known<Double> spread,
      Known<Double> vendorSeconds,
      Known<Double> vendorGflops,
      List<Peer> peers,
      double regret) {
    /** Whether it lies beyond the range that was asked for. */
    public boolean liesBeyond() {
      return weight.isKnown() && weight.get() == 0;
    }
  }

  /**
   * Another library on the same shape.
   *
   * @param version empty where nobody knows it
   * @param form {@code plain} or {@code prepared} weights
   */
  public record Peer(String name, String version, String form, double seconds, double gflops) {}

  /**
   * One plan on one shape.
   *
   * @param weight the shape's share of the work, of 1; 0 beyond the range that was asked for
   * @param isDispatched whether the tree gives this plan for the shape
   */
  public record Timed(
      List<Long> shape,
      double weight,
      int plan,
      double seconds,
      double gflops,
      boolean isDispatched) {}
}
