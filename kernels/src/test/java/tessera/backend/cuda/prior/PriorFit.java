package tessera.backend.cuda.prior;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.math3.optim.InitialGuess;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.SimpleBounds;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.nonlinear.scalar.ObjectiveFunction;
import org.apache.commons.math3.optim.nonlinear.scalar.noderiv.CMAESOptimizer;
import org.apache.commons.math3.random.Well19937c;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaFamily;
import tessera.cost.Fit;
import tessera.cost.Fits;
import tessera.microkernel.MeasuredKernel;

/**
 * Fits the constants of a prior to measured times: the mean absolute error of a time's logarithm is
 * made as small as CMA-ES can. A constant that the times hardly determine stays near its former
 * value, and one of 0, which stands for a cost that was not found, stays 0.
 */
final class PriorFit {
  /** The most evaluations of all times. */
  private static final int EVALUATIONS = 8000;

  private static final int POPULATION = 20;
  private static final int SEED = 1;

  /** A constant's logarithm changes by at most this, and at first by about the other. */
  private static final double MOST_CHANGE = Math.log(20);

  private static final double FIRST_CHANGE = 0.3;

  /** What the mean square of the changes adds to the error that is made small. */
  private static final double WEIGHT_OF_CHANGES = 0.002;

  private static final String EXPONENT = "overlapExponent";

  /**
   * By less than 1 what overlaps would take longer than one after the other. By this the greatest
   * alone counts, and powers of seconds are still numbers.
   */
  private static final double MOST_EXPONENT = 16;

  private final PriorSubject subject;
  private final CudaTarget target;
  private final Fits fits;
  private final List<MeasuredKernel> times;
  private final List<String> names;

  /**
   * @param target on which the times were measured
   * @param fits the former constants
   * @param measured times of the subject; those that the fit does not describe are left out
   */
  PriorFit(PriorSubject subject, CudaTarget target, Fits fits, List<MeasuredKernel> measured) {
    this.subject = subject;
    this.target = target;
    this.fits = fits;
    this.times = subject.fitted(measured);
    this.names =
        former().constants().entrySet().stream()
            .filter(constant -> constant.getValue().value() > 0)
            .map(Map.Entry::getKey)
            .sorted()
            .toList();
  }

  private Fit former() {
    return fits.fits().get(subject.fit);
  }

  /** The mean absolute error of a time's logarithm, by the constants of some file. */
  double error(Fits by) {
    return MeasuredKernel.logError(family(by), times, 1);
  }

  private CudaFamily family(Fits by) {
    return subject.family(target, CudaFits.of(by));
  }

  /**
   * All constants, those of the subject's fit anew.
   *
   * @param date the day of the measurement
   */
  Fits fitted(String date) {
    Fits by = with(changed(best()), date, "");
    return with(
        by.fits().get(subject.fit).constants(),
        date,
        String.format(Locale.ROOT, "%.3f", error(by)));
  }

  private double[] best() {
    double[] most = new double[names.size()];
    Arrays.fill(most, MOST_CHANGE);
    double[] least = Arrays.stream(most).map(change -> -change).toArray();
    double[] first = new double[names.size()];
    Arrays.fill(first, FIRST_CHANGE);
    return new CMAESOptimizer(EVALUATIONS, 0, true, 0, 0, new Well19937c(SEED), false, null)
        .optimize(
            new MaxEval(2 * EVALUATIONS),
            new CMAESOptimizer.PopulationSize(POPULATION),
            new CMAESOptimizer.Sigma(first),
            new ObjectiveFunction(this::objective),
            GoalType.MINIMIZE,
            new InitialGuess(new double[names.size()]),
            new SimpleBounds(least, most))
        .getPoint();
  }

  private double objective(double[] changes) {
    double square = Arrays.stream(changes).map(change -> change * change).average().orElse(0);
    return error(with(changed(changes), "", "")) + WEIGHT_OF_CHANGES * square;
  }

  /** The constants with logarithms changed by so much, in three digits. */
  private Map<String, Fit.Constant> changed(double[] changes) {
    Map<String, Fit.Constant> constants = new TreeMap<>(former().constants());
    for (int i = 0; i < changes.length; i++) {
      String name = names.get(i);
      Fit.Constant constant = constants.get(name);
      double value = constant.value() * Math.exp(changes[i]);
      double possible = name.equals(EXPONENT) ? Math.max(1, Math.min(MOST_EXPONENT, value)) : value;
      constants.put(name, new Fit.Constant(rounded(possible), constant.unit()));
    }
    return constants;
  }

  private static double rounded(double value) {
    return new BigDecimal(value).round(new MathContext(3)).doubleValue();
  }

  private Fits with(Map<String, Fit.Constant> constants, String date, String error) {
    long kernels = times.stream().map(MeasuredKernel::kernel).distinct().count();
    Map<String, Fit> all = new HashMap<>(fits.fits());
    all.put(
        subject.fit,
        new Fit(
            former().describes(),
            target.model(),
            date,
            times.size() + " times of " + kernels + " kernels, measured by scripts/fit-priors",
            error,
            subject.key,
            "none",
            constants));
    return new Fits(fits.model(), fits.note(), all);
  }
}
