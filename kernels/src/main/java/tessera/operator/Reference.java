package tessera.operator;

import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.SplittableRandom;

/** The plain result in float64, and how far float32 may be from it. */
public record Reference(Operator operator, Epilogue epilogue, GemmShape shape) {
  /* Larger outputs are checked whole along their edges and at random inside. */
  private static final long MOST_ELEMENTS = 20_000;
  private static final double UNIT = Math.scalb(1.0, -23);

  /** The first element found that is not within tolerance, described; empty when there is none. */
  public Optional<String> firstWrong(
      FloatBuffer a, FloatBuffer b, FloatBuffer bias, FloatBuffer c, SplittableRandom random) {
    long count = shape.batch() * shape.m() * shape.n();
    if (count <= MOST_ELEMENTS) {
      for (long i = 0; i < count; i++) {
        if (isWrong(i, a, b, bias, c)) {
          return Optional.of(describe(i, c));
        }
      }
      return Optional.empty();
    }
    for (long check = 0; check < MOST_ELEMENTS; check++) {
      long i = check < shape.n() ? count - 1 - check : random.nextLong(count);
      if (isWrong(i, a, b, bias, c)) {
        return Optional.of(describe(i, c));
      }
    }
    return Optional.empty();
  }

  private boolean isWrong(long i, FloatBuffer a, FloatBuffer b, FloatBuffer bias, FloatBuffer c) {
    long matrix = i / (shape.m() * shape.n());
    long row = i / shape.n() % shape.m();
    long column = i % shape.n();
    double sum = 0;
    double magnitude = 0;
    for (long t = 0; t < shape.k(); t++) {
      double x = a.get((int) ((matrix * shape.m() + row) * shape.k() + t));
      long at = operator.secondIsNk() ? column * shape.k() + t : t * shape.n() + column;
      double product = x * b.get((int) (matrix * shape.n() * shape.k() + at));
      sum += product;
      magnitude += Math.abs(product);
    }
    if (epilogue.bias()) {
      sum += bias.get((int) column);
      magnitude += Math.abs(bias.get((int) column));
    }
    double tolerance = UNIT * (4 + Math.sqrt(shape.k())) * magnitude;
    // relu and gelu stretch no distance by more than 1.13
    return !(Math.abs(c.get((int) i) - activated(sum))
        <= 1.13 * tolerance + 4e-7 * (1 + Math.abs(sum)));
  }

  private double activated(double x) {
    return switch (epilogue) {
      case NONE, BIAS -> x;
      case BIAS_RELU -> Math.max(0, x);
      case BIAS_GELU -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
    };
  }

  /**
   * The series of erf, whose terms fall fast enough for |x| below 6; beyond it erf is 1 to float64.
   */
  private static double erf(double x) {
    if (Math.abs(x) > 6) {
      return Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 400; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  private String describe(long i, FloatBuffer c) {
    return "element " + i + " of " + shape + " is " + c.get((int) i);
  }
}
