package tessera.job.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import tessera.dispatch.DecisionTree;

/** What a page may be given: a run on a GPU with a bundle, at random. */
final class MadeUpSubject {
  /** What a page must show and never run. */
  static final String HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";

  private static final int PLANS = 5;
  private static final int PROBES = 3;

  private final SplittableRandom random = new SplittableRandom();
  private final List<String> variables;
  private final long[][] shapes;
  private final int trials;
  private List<String> searches = List.of("");

  /**
   * @param variables shape variables
   * @param values of each of them
   */
  MadeUpSubject(List<String> variables, int values, int trials) {
    this.variables = variables;
    this.trials = trials;
    int count = (int) Math.pow(values, variables.size());
    this.shapes = new long[count][variables.size()];
    for (int i = 0; i < count; i++) {
      for (int v = 0, left = i; v < variables.size(); v++, left /= values) {
        shapes[i][v] = 1 + left % values;
      }
    }
  }

  Subject subject() {
    DecisionTree tree =
        new DecisionTree(
            new int[] {0, -1, variables.size() - 1, -1, -1},
            new long[] {3, 0, 9, 0, 0},
            new int[] {1, 0, 3, 0, 0},
            new int[] {2, 0, 4, 0, 0},
            new int[] {0, 4, 0, 1, 2});
    return new Subject(
        "made-up " + HOSTILE,
        "Run " + HOSTILE,
        List.of(HOSTILE),
        List.of(new Subject.Tile("Trials", String.valueOf(trials), HOSTILE, "good")),
        List.of(new Subject.Facts("Hardware", List.of(List.of("model", HOSTILE)))),
        variables,
        "cuBLAS",
        IntStream.range(0, PLANS).mapToObj(p -> new Subject.Plan("kernel " + p, 0.2)).toList(),
        List.of(new Subject.Kernel(HOSTILE, Map.of("registers", 128), 0.5, 1)),
        points(tree),
        tree,
        IntStream.range(0, 6).mapToObj(this::round).toList(),
        IntStream.range(0, 20).mapToObj(this::best).toList(),
        trials(),
        predictions(),
        List.of(
            new Subject.Family("cuda-simt", List.of("blockM", "blockN", "stages")),
            new Subject.Family("cuda-mma", List.of("blockM", "blockN", "stages"))),
        List.of("OK", "BUILD_FAILED"),
        List.of("host:1 cuda-0", "host:1 cuda-1"),
        List.of(
            new Subject.Step("search", 60),
            new Subject.Step("an instant", 1e-3),
            new Subject.Step("contest pass 1", 20)),
        IntStream.range(0, 30).mapToObj(i -> new Subject.Feature("f" + i, 1.0 / 30)).toList(),
        new Subject.Peak(5e13, 4.8e12),
        0.01,
        failures(),
        Map.of(),
        Map.of("peak", "as measured", "resources", "What they take.", "bandwidth", ""));
  }

  /** As of a run that searched for each shape alone. */
  MadeUpSubject withSearches(String... names) {
    searches = List.of(names);
    return this;
  }

  private Subject.Best best(int i) {
    String search = searches.get(i % searches.size());
    return new Subject.Best(search, i / 4, 1 + 5 * i, 1e13 + 1e11 * i, 10 + i);
  }

  private Subject.Points points(DecisionTree tree) {
    double[][] seconds = new double[PLANS][];
    for (int plan = 0; plan < PLANS; plan++) {
      seconds[plan] = random(shapes.length, 1e-5, 9e-5);
    }
    boolean[] grid = new boolean[shapes.length];
    Arrays.fill(grid, true);
    double[] expected = random(shapes.length, 1e-5, 9e-5);
    for (int i = 0; i < expected.length; i += 2) {
      expected[i] = Double.NaN;
    }
    return new Subject.Points(
        shapes,
        grid,
        random(shapes.length, 1e8, 1e10),
        random(shapes.length, 1e6, 1e8),
        Arrays.stream(shapes).mapToInt(tree::select).toArray(),
        seconds,
        IntStream.range(0, shapes.length).map(i -> i % 2).toArray(),
        expected,
        Arrays.stream(expected).map(time -> time * 1.2).toArray(),
        random(shapes.length, 0.5, 1),
        random(shapes.length, 0.5, 1));
  }

  private double[] random(int count, double from, double to) {
    return random.doubles(count, from, to).toArray();
  }

  private Subject.Round round(int number) {
    return new Subject.Round(
        String.valueOf(number), 64, 60, 0.7, 12, 0.9, 0.8, 0.75, 40, 3, 9, 4, 1, 10.0 * number);
  }

  private Subject.Trials trials() {
    return new Subject.Trials(
        IntStream.range(0, trials).map(i -> i / 64).toArray(),
        random.ints(trials, 0, 2).toArray(),
        random.ints(trials, 0, 2).toArray(),
        IntStream.range(0, trials)
            .mapToObj(i -> new int[] {16 << random.nextInt(4), 16 << random.nextInt(4), 3})
            .toArray(int[][]::new),
        random(trials, 0.001, 0.2),
        random(trials, 4.9e13, 5.1e13),
        random.ints(trials, 0, 2).toArray());
  }

  private Subject.Predictions predictions() {
    int count = PROBES * trials;
    return new Subject.Predictions(
        IntStream.range(0, count).map(i -> i / PROBES).toArray(),
        random(count, 1e-5, 9e-5),
        random(count, 1e-5, 9e-5),
        random(count, 1e-5, 9e-5));
  }

  private List<Subject.Failure> failures() {
    List<Subject.Failure> failures = new ArrayList<>();
    failures.add(new Subject.Failure("BUILD_FAILED", "cuda-simt", HOSTILE, 7, "blockM 64"));
    failures.add(
        new Subject.Failure("INCORRECT", "cuda-mma", "element 3 is wrong", 2, "blockM 32"));
    failures.add(
        new Subject.Failure("INCORRECT", "cuda-simt", "element 9 is wrong", 1, "blockM 16"));
    return failures;
  }
}
