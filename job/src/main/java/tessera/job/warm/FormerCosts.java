package tessera.job.warm;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tessera.cost.CostModel;
import tessera.cost.LearnedCost;
import tessera.job.predict.CostRow;
import tessera.job.predict.MeasuredCost;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;

/**
 * What former runs measured, as the search space of now sees it. A measurement says how far a
 * micro-kernel is from the analytic prior of its own workload and hardware, and the same is
 * expected of it beside the prior of now: this takes care of another reduction length, of other
 * caches and of another peak. {@link Recalibration} takes care of what is left.
 */
public final class FormerCosts {
  /** Trials of now at which former rows count half. */
  private static final double HALF = 32;

  /** Difference of the logarithms of two ratios that are the same but for rounding. */
  private static final double SAME_RATIO = 1e-9;

  /**
   * @param kernel legal in the space of now
   * @param isSame whether it was measured just so, and not one that is like it
   */
  private record Former(MicroKernel kernel, String run, MicroKernelCost cost, boolean isSame) {}

  private record Row(String run, MicroKernel kernel, CostRow row) {}

  /**
   * What the cost model begins with.
   *
   * @param rows of former runs, corrected
   * @param weight of each beside a row of now
   */
  public record Seed(List<Sample> rows, double weight, Recalibration recalibration) {}

  /** A row of a former run, with its micro-kernel. */
  public record Sample(MicroKernel kernel, double[] features, double label) {}

  private final SearchSpace space;
  private final Map<MicroKernel, Former> costs = new LinkedHashMap<>();
  private final List<Row> rows = new ArrayList<>();
  private final Set<MicroKernel> portfolio = new LinkedHashSet<>();
  private final Set<MicroKernel> leftOut = new HashSet<>();

  /**
   * @param start the former runs, those that are most like this one first
   * @param space of this run
   */
  public FormerCosts(WarmStart start, SearchSpace space) {
    this.space = space;
    start.runs().forEach(this::add);
  }

  private void add(FormerRun run) {
    SearchSpace then = run.hardware().space(run.workload());
    double peak = run.hardware().target().peakGflops();
    for (Trial trial : run.trials()) {
      if (trial.isOk() && then.covers(trial.kernel())) {
        add(run.name(), then.family(trial.kernel()), trial, peak);
      }
    }
    run.portfolio().forEach(kernel -> nearest(kernel).ifPresent(portfolio::add));
  }

  private void add(String run, KernelFamily family, Trial trial, double peak) {
    Optional<MicroKernel> kernel = nearest(trial.kernel());
    if (kernel.isEmpty()) {
      return;
    }
    CostRow.of(space, family, trial, peak)
        .forEach(row -> rows.add(new Row(run, trial.kernel(), row)));
    boolean isSame = kernel.get().equals(trial.kernel());
    MicroKernelCost cost =
        brought(MeasuredCost.of(family, trial, peak), family, trial, kernel.get());
    Former former = new Former(kernel.get(), run, cost, isSame);
    costs.merge(
        kernel.get(), former, (first, next) -> first.isSame() || !next.isSame() ? first : next);
  }

  private Optional<MicroKernel> nearest(MicroKernel kernel) {
    Optional<MicroKernel> nearest = space.nearest(kernel);
    if (nearest.isEmpty()) {
      leftOut.add(kernel);
    }
    return nearest;
  }

  /** A cost beside the prior of then, in terms of the prior of now. */
  private MicroKernelCost brought(
      MicroKernelCost cost, KernelFamily family, Trial trial, MicroKernel kernel) {
    MicroKernelCost then = family.prior(trial.kernel());
    MicroKernelCost now = space.family(kernel).prior(kernel);
    double element =
        then.secondsPerElement() > 0
            ? cost.secondsPerElement() / then.secondsPerElement() * now.secondsPerElement()
            : now.secondsPerElement();
    return new MicroKernelCost(
        cost.secondsPerStep() / then.secondsPerStep() * now.secondsPerStep(), element);
  }

  /** Micro-kernels that were measured, or that are most like one, each legal now. */
  List<MicroKernel> kernels() {
    return List.copyOf(costs.keySet());
  }

  /** Those of the former bundles, each legal now; those of the run that is most alike first. */
  List<MicroKernel> portfolio() {
    return List.copyOf(portfolio);
  }

  /** Micro-kernels of families that this hardware or search space lacks. */
  public int leftOut() {
    return leftOut.size();
  }

  /** Timings of former runs. */
  public int rows() {
    return rows.size();
  }

  public boolean isEmpty() {
    return costs.isEmpty() && portfolio.isEmpty();
  }

  /** The run that measured a micro-kernel, or one that it is most like. */
  public Optional<String> run(MicroKernel kernel) {
    return Optional.ofNullable(costs.get(kernel)).map(Former::run);
  }

  /**
   * The former rows as the cost model is trained on them now.
   *
   * @param now what is measured so far
   * @param peakGflops of the target of now
   */
  public Seed seed(List<Trial> now, double peakGflops) {
    Recalibration recalibration = recalibration(now, peakGflops);
    List<Sample> samples =
        rows.stream()
            .map(
                row ->
                    new Sample(
                        row.kernel(),
                        row.row().features(),
                        row.row().label()
                            + recalibration.at(row.kernel().family(), row.row().ratio())))
            .toList();
    long right = now.stream().filter(Trial::isOk).count();
    return new Seed(samples, HALF / (HALF + right), recalibration);
  }

  private Recalibration recalibration(List<Trial> now, double peakGflops) {
    List<Recalibration.Anchor> anchors = new ArrayList<>();
    for (Trial trial : now) {
      Former former = costs.get(trial.kernel());
      if (trial.isOk() && former != null && former.isSame()) {
        CostRow.of(space, trial, peakGflops)
            .forEach(
                row ->
                    anchors.add(
                        new Recalibration.Anchor(
                            trial.kernel().family(),
                            Math.log(row.ratio()),
                            row.label() - measured(former, row.ratio()))));
      }
    }
    return Recalibration.of(anchors);
  }

  /**
   * The label that was measured then at some ratio, or else what the cost that was fitted to the
   * former measurements tells of it, which is off where no cost explains them all.
   */
  private double measured(Former former, double ratio) {
    return rows.stream()
        .filter(row -> row.run().equals(former.run()) && row.kernel().equals(former.kernel()))
        .map(Row::row)
        .filter(row -> Math.abs(Math.log(row.ratio() / ratio)) < SAME_RATIO)
        .mapToDouble(CostRow::label)
        .findFirst()
        .orElseGet(() -> label(former, ratio));
  }

  /** What the cost that was fitted to the former measurements tells of a label at some ratio. */
  private double label(Former former, double ratio) {
    double perStep = former.cost().secondsPerStep() + ratio * former.cost().secondsPerElement();
    KernelFamily family = space.family(former.kernel());
    return Math.log(perStep / LearnedCost.priorPerStep(family, former.kernel(), ratio));
  }

  /**
   * A model that knows what was measured then, and takes another's word for all else.
   *
   * @param other predicts what was not measured
   */
  public CostModel model(CostModel other, Recalibration recalibration) {
    return kernel -> {
      Former former = costs.get(kernel);
      return former != null && former.isSame()
          ? corrected(former, recalibration)
          : other.predict(kernel);
    };
  }

  /**
   * What was measured then, of micro-kernels like those of now too, before anything is corrected.
   */
  CostModel uncorrected() {
    return kernel -> costs.get(kernel).cost();
  }

  private MicroKernelCost corrected(Former former, Recalibration recalibration) {
    MicroKernel kernel = former.kernel();
    KernelFamily family = space.family(kernel);
    if (!recalibration.dependsOnRatio(kernel.family())) {
      double factor = Math.exp(recalibration.at(kernel.family(), 1));
      return new MicroKernelCost(
          factor * former.cost().secondsPerStep(), factor * former.cost().secondsPerElement());
    }
    return LearnedCost.between(
        family,
        kernel,
        ratio ->
            Math.exp(label(former, ratio) + recalibration.at(kernel.family(), ratio))
                * LearnedCost.priorPerStep(family, kernel, ratio));
  }
}
