package tessera.effort;

/**
 * How a search divides its trials into rounds.
 *
 * @param candidates of a round, at most
 * @param atOnce rounds that are under way at a time: with two, the second is proposed without what
 *     the first will teach
 */
public record RoundSize(int candidates, int atOnce) {
  /** One after the other. */
  public static RoundSize alone(int candidates) {
    return new RoundSize(candidates, 1);
  }
}
