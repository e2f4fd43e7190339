package tessera.job.canary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.backend.WeightsForm;
import tessera.measure.Deadline;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.runtime.Baseline;
import tessera.runtime.BundleFiles;
import tessera.runtime.BundleManifest;
import tessera.trial.BundleTimer;
import tessera.workload.Workload;

/**
 * Times bundles on a few shapes, on one thread, in many blocks that are as short as a call, in
 * turns with the blocks of a reference. What counts of a function is its least block: whatever else
 * a machine does makes blocks longer and none shorter, and among many short ones some meet nothing.
 * Two functions in one process meet the same clock and the same caches, so their ratio tells more
 * than a time.
 */
public final class Canary {
  /** Blocks of a function on a shape in the first pass. */
  static final int ROUNDS = 40;

  /** In the passes that confirm a drift. */
  static final int MORE_ROUNDS = 80;

  /** A drift is one where each of so many passes says so. */
  static final int PASSES = 3;

  /** Sets of blocks of a baseline, which show how far they differ. */
  static final int SETS = 3;

  private static final long BLOCK_NANOS = 500_000;
  private static final long PROBE_NANOS = 20_000;

  /** What a check takes no longer than where nothing is wrong. */
  private static final double SECONDS = 60;

  private final IntFunction<BundleTimer> timers;

  /**
   * @param timers one for each pass, counted from 0, each with a process of its own
   */
  public Canary(IntFunction<BundleTimer> timers) {
    this.timers = timers;
  }

  /** What a pass said: a sample for each shape, or why there are none. */
  record Pass(Optional<List<Baseline.Sample>> samples, BundleTimer.Timed timed) {}

  /**
   * What came of a bundle's first timing.
   *
   * @param why there is none; empty where there is one
   */
  public record First(Optional<Baseline> baseline, String why) {}

  /** How this hardware times a workload where it is tuned, of one round. */
  public static TimingPolicy usual(Target target, Workload workload) {
    return Hardware.of(target).policy(workload, 1, 1);
  }

  /** The same in short blocks. */
  public static TimingPolicy shortBlocks(Target target, Workload workload, int rounds) {
    TimingPolicy usual = usual(target, workload);
    return new TimingPolicy(
        rounds,
        Math.min(BLOCK_NANOS, usual.blockNanos()),
        Math.min(PROBE_NANOS, usual.probeNanos()),
        usual.rotateBytes(),
        1,
        usual.noisyAbove());
  }

  /**
   * Times a bundle that is about to be published.
   *
   * @param product the version of Tessera; empty where nobody knows it
   * @param reference a micro-kernel that is not in it
   * @param until when it may begin at the latest
   */
  public First baseline(
      BundleFiles bundle,
      BundleManifest manifest,
      String product,
      BundleManifest.KernelEntry reference,
      List<List<Long>> shapes,
      Deadline until) {
    Workload workload = manifest.workload().anywhere();
    TimingPolicy policy = shortBlocks(manifest.target(), workload, SETS * ROUNDS);
    Pass pass = pass(0, bundle, reference, shapes, policy, SETS, until);
    return new First(
        pass.samples()
            .map(
                samples ->
                    new Baseline(
                        Baseline.SCHEMA_VERSION,
                        product,
                        usual(manifest.target(), workload),
                        reference,
                        samples)),
        pass.samples().isPresent() ? "" : pass.timed().outcome() + ", " + pass.timed().message());
  }

  private Pass pass(
      int number,
      BundleFiles bundle,
      BundleManifest.KernelEntry reference,
      List<List<Long>> shapes,
      TimingPolicy policy,
      int sets,
      Deadline until) {
    MicroKernel kernel = new MicroKernel(reference.family(), reference.parameters());
    BundleTimer.Timed timed =
        timers
            .apply(number)
            .time(
                new BundleTimer.Asked(
                    List.of(bundle), List.of(kernel), shapes, policy, WeightsForm.PLAIN),
                until);
    if (!timed.isOk()) {
      return new Pass(Optional.empty(), timed);
    }
    List<Baseline.Sample> samples = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      List<Timing> both = timed.timings().get(i);
      samples.add(
          new Baseline.Sample(shapes.get(i), least(both.get(0), sets), least(both.get(1), sets)));
    }
    return new Pass(Optional.of(samples), timed);
  }

  /** The least block of each of some sets that follow each other, in seconds. */
  private static double[] least(Timing timing, int sets) {
    int rounds = timing.nanos().length / sets;
    double[] least = new double[sets];
    for (int set = 0; set < sets; set++) {
      least[set] =
          1e-9
              * Arrays.stream(timing.nanos(), set * rounds, (set + 1) * rounds).min().orElseThrow();
    }
    return least;
  }

  /**
   * Compares a bundle with its baseline. One pass is enough where it says that there is no drift;
   * else all must say that there is one.
   *
   * @param target of the device that there is now
   */
  public Drift check(
      BundleFiles bundle, BundleManifest manifest, Baseline baseline, Target target) {
    Workload workload = manifest.workload().anywhere();
    List<List<Long>> shapes = baseline.samples().stream().map(Baseline.Sample::shape).toList();
    Deadline until = Deadline.in(SECONDS);
    Drift drift = Drift.none(baseline);
    for (int number = 0; number < PASSES; number++) {
      TimingPolicy policy = shortBlocks(target, workload, number == 0 ? ROUNDS : MORE_ROUNDS);
      Pass pass = pass(number, bundle, baseline.reference(), shapes, policy, 1, until);
      if (pass.samples().isEmpty()) {
        return drift.failed(pass.timed());
      }
      drift = drift.with(pass.samples().get());
      if (!drift.isBeyond()) {
        return drift;
      }
    }
    return drift;
  }
}
