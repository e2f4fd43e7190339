package tessera.job.predict;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * What the plans of a bundle take on a shape: measured where the bundle has a time of it, else
 * predicted from the times that it has.
 */
public final class PlanTimes {
  /**
   * Seconds of one plan on a shape.
   *
   * @param source where they come from, in words
   */
  public record PlanTime(int plan, double seconds, String source) {}

  private static final String MANIFEST = "measured through the bundle (" + Bundle.MANIFEST + ")";
  private static final String TABLE = "measured to train the dispatcher (" + Bundle.TIMINGS + ")";
  private static final String MODEL = "predicted by the cost model, fitted to the times in ";

  private final BundleManifest manifest;
  private final Extrapolation.Table measured;
  private final Workload workload;
  private final String fittedTo;
  private final Optional<Extrapolation> model;

  /**
   * @param measured seconds of [plan][instance]; NaN where a plan was not measured
   * @param space that the kernels come from
   */
  public PlanTimes(BundleManifest manifest, Extrapolation.Table measured, SearchSpace space) {
    this(manifest, measured, Bundle.TIMINGS, space);
  }

  private PlanTimes(
      BundleManifest manifest, Extrapolation.Table measured, String fittedTo, SearchSpace space) {
    this.manifest = manifest;
    this.measured = measured;
    this.fittedTo = fittedTo;
    this.workload = manifest.workload().anywhere();
    this.model = model(space);
  }

  /** By the times in a manifest alone: calls with prepared weights have no table of their own. */
  public static PlanTimes of(BundleManifest manifest, SearchSpace space) {
    return new PlanTimes(manifest, expected(manifest), Bundle.MANIFEST, space);
  }

  private static Extrapolation.Table expected(BundleManifest manifest) {
    List<BundleManifest.Expected> expected = manifest.expected();
    double[][] seconds = new double[manifest.plans().size()][expected.size()];
    Arrays.stream(seconds).forEach(row -> Arrays.fill(row, Double.NaN));
    for (int i = 0; i < expected.size(); i++) {
      seconds[expected.get(i).plan()][i] = expected.get(i).seconds();
    }
    return new Extrapolation.Table(
        expected.stream().map(one -> new Instance(one.shape(), one.weight())).toList(), seconds);
  }

  /** Empty where the search space has changed since the bundle was made. */
  private Optional<Extrapolation> model(SearchSpace space) {
    List<MicroKernel> kernels =
        manifest.kernels().stream()
            .map(entry -> new MicroKernel(entry.family(), entry.parameters()))
            .toList();
    return kernels.stream().allMatch(space::covers)
        ? Optional.of(
            new Extrapolation(
                space,
                workload,
                manifest.threads(),
                kernels,
                new Extrapolation.Table(measured.instances(), alone(kernels.size()))))
        : Optional.empty();
  }

  /** Seconds of [kernel][instance], where a plan was measured that runs the kernel alone. */
  private double[][] alone(int kernels) {
    double[][] alone = new double[kernels][measured.instances().size()];
    Arrays.stream(alone).forEach(row -> Arrays.fill(row, Double.NaN));
    List<GemmShape> shapes = workload.shapes(measured.instances());
    for (int plan = 0; plan < measured.seconds().length; plan++) {
      for (int i = 0; i < shapes.size(); i++) {
        List<LaunchPlan.Part> parts = manifest.plans().get(plan).parts(shapes.get(i));
        if (parts.size() == 1 && !Double.isNaN(measured.seconds()[plan][i])) {
          alone[parts.get(0).kernel()][i] = measured.seconds()[plan][i];
        }
      }
    }
    return alone;
  }

  /** What the dispatched plan takes, by the best source; empty where there is none. */
  public Optional<PlanTime> expected(int plan, List<Long> values) {
    return manifest.expected().stream()
        .filter(entry -> entry.shape().equals(values) && entry.plan() == plan)
        .map(entry -> new PlanTime(plan, entry.seconds(), MANIFEST))
        .findFirst()
        .or(() -> ofAll(values).stream().filter(time -> time.plan() == plan).findFirst());
  }

  /**
   * All plans of which the best source knows the time on a shape, the fastest first: all from one
   * source, so that they can be compared.
   */
  public List<PlanTime> ofAll(List<Long> values) {
    List<PlanTime> timed = timed(values);
    return (timed.size() > 1 ? timed : predicted(values))
        .stream().sorted(Comparator.comparingDouble(PlanTime::seconds)).toList();
  }

  /** Whether a plan was timed anywhere: what is predicted of another is the prior's guess. */
  public boolean isTimed(int plan) {
    return Arrays.stream(measured.seconds()[plan]).anyMatch(seconds -> !Double.isNaN(seconds));
  }

  private List<PlanTime> timed(List<Long> values) {
    int instance =
        IntStream.range(0, measured.instances().size())
            .filter(i -> measured.instances().get(i).values().equals(values))
            .findFirst()
            .orElse(-1);
    return IntStream.range(0, instance < 0 ? 0 : measured.seconds().length)
        .filter(plan -> !Double.isNaN(measured.seconds()[plan][instance]))
        .mapToObj(plan -> new PlanTime(plan, measured.seconds()[plan][instance], TABLE))
        .toList();
  }

  private List<PlanTime> predicted(List<Long> values) {
    GemmShape shape = workload.shape(values.stream().mapToLong(Long::longValue).toArray());
    return model.stream()
        .flatMap(
            known ->
                IntStream.range(0, manifest.plans().size())
                    .mapToObj(
                        plan ->
                            new PlanTime(
                                plan,
                                known.seconds(manifest.plans().get(plan), shape),
                                MODEL + fittedTo)))
        .toList();
  }
}
