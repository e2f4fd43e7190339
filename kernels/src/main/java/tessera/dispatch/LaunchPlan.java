package tessera.dispatch;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tessera.operator.GemmShape;

/**
 * How a class of shapes is served: by one micro-kernel, or by one for the whole tiles along m and
 * another for the rows that are left, where they are few.
 *
 * @param main index of the micro-kernel
 * @param edge index of the micro-kernel of rows that are left; -1 where the first one takes all
 * @param rows of one tile of the first; 0 where it takes all
 * @param most rows that are left to the second; where more are, the first takes all
 */
public record LaunchPlan(int main, int edge, int rows, int most) {
  public LaunchPlan {
    boolean single = edge == -1 && rows == 0 && most == 0;
    boolean pair = edge >= 0 && most >= 1 && most < rows;
    if (main < 0 || !single && !pair) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a plan has a micro-kernel, or two, the rows of a tile and fewer left to the second, not main=%d edge=%d rows=%d most=%d",
              main,
              edge,
              rows,
              most));
    }
  }

  /** A micro-kernel's share of a shape. */
  public record Part(int kernel, GemmShape shape) {}

  public static LaunchPlan single(int kernel) {
    return new LaunchPlan(kernel, -1, 0, 0);
  }

  /** A plan of its own for each of so many micro-kernels. */
  public static List<LaunchPlan> singles(int kernels) {
    List<LaunchPlan> plans = new ArrayList<>();
    for (int i = 0; i < kernels; i++) {
      plans.add(single(i));
    }
    return plans;
  }

  public boolean combines() {
    return edge >= 0;
  }

  /** The places of its micro-kernels, one or two. */
  public List<Integer> kernels() {
    return combines() ? List.of(main, edge) : List.of(main);
  }

  /** Rows of so many that the second micro-kernel computes. */
  public long edgeRows(long m) {
    long left = combines() ? m % rows : 0;
    return left <= most ? left : 0;
  }

  /** One or two parts that make up an unbatched shape. */
  public List<Part> parts(GemmShape shape) {
    long left = edgeRows(shape.m());
    List<Part> parts = new ArrayList<>();
    if (left < shape.m()) {
      parts.add(new Part(main, withRows(shape, shape.m() - left)));
    }
    if (left > 0) {
      parts.add(new Part(edge, withRows(shape, left)));
    }
    return parts;
  }

  private static GemmShape withRows(GemmShape shape, long rows) {
    return new GemmShape(shape.batch(), rows, shape.n(), shape.k());
  }

  /**
   * @param labels of the micro-kernels
   */
  public String name(List<String> labels) {
    return combines() ? labels.get(main) + " + " + labels.get(edge) : labels.get(main);
  }

  /** The table of plans for the C library. */
  public static String toC(List<LaunchPlan> plans, List<String> labels) {
    StringBuilder text =
        new StringBuilder(
            "static const struct {\n  const char *name;\n  int main, edge;\n  int64_t rows, most;\n} tessera_plans[] = {\n");
    for (LaunchPlan plan : plans) {
      text.append(
          String.format(
              Locale.ROOT,
              "    {\"%s\", %d, %d, %d, %d},\n",
              plan.name(labels),
              plan.main,
              plan.edge,
              plan.rows,
              plan.most));
    }
    return text.append("};\n").toString();
  }
}
