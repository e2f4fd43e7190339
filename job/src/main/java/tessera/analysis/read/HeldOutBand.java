package tessera.analysis.read;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.Known;
import tessera.job.records.RunResult;

/** How sure the mean regret of held-out shapes is: by drawing as many of them again, many times. */
final class HeldOutBand {
  private static final int DRAWS = 1000;
  private static final double LOW = 0.05;
  private static final double HIGH = 0.95;

  private HeldOutBand() {}

  static Known<Headline.HeldOut> of(RunResult result) {
    List<RunResult.HeldOut> shapes = result.heldOut();
    if (shapes.isEmpty()) {
      return Known.not("no shape was held out, or none was timed in the end");
    }
    SplittableRandom random = new SplittableRandom(1); // equal figures whenever they are asked for
    double[] means = new double[DRAWS];
    for (int draw = 0; draw < DRAWS; draw++) {
      means[draw] =
          mean(random.ints(shapes.size(), 0, shapes.size()).mapToObj(shapes::get).toList());
    }
    Arrays.sort(means);
    return Known.of(
        new Headline.HeldOut(
            shapes.size(),
            mean(shapes),
            shapes.stream().mapToDouble(RunResult.HeldOut::regret).max().orElseThrow(),
            means[(int) (LOW * DRAWS)],
            means[(int) (HIGH * DRAWS)]));
  }

  private static double mean(List<RunResult.HeldOut> shapes) {
    double sum = 0;
    double weight = 0;
    for (RunResult.HeldOut shape : shapes) {
      sum += shape.weight() * shape.regret();
      weight += shape.weight();
    }
    return weight > 0 ? sum / weight : 0;
  }
}
