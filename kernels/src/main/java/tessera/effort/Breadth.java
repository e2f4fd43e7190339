package tessera.effort;

/**
 * How unlike the candidates of a round are.
 *
 * @param specialists share of a round that goes to the best for single instances
 * @param kinds kinds that a round has candidates of at least, once something is measured
 * @param forms micro-kernels of each form in the first round at least, unless it is too small:
 *     nothing but the prior, which may be wrong about a form, has compared forms by then
 */
public record Breadth(double specialists, int kinds, int forms) {
  /** For spaces where one micro-kernel is good for all instances. */
  public static final Breadth NARROW = new Breadth(0.1, 4, 0);

  /**
   * For spaces where few micro-kernels serve all instances, each some lengths, and forms are few.
   */
  public static final Breadth MEDIUM = new Breadth(0.3, 6, 3);

  /** For spaces where short and long instances want unlike micro-kernels. */
  public static final Breadth WIDE = new Breadth(0.4, 12, 0);
}
