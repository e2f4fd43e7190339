package tessera.job.bench;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import tessera.job.records.Onlooker;
import tessera.job.search.TuningLoop;
import tessera.trial.Trial;

/** What the driver of a search spends, in time and in memory. */
final class DriverAccount implements Onlooker {
  /** Looks at the heap in a run. */
  private static final int LOOKS = 10;

  private final Onlooker other;
  private final int trials;
  private final Map<TuningLoop.Work, Double> spent = new EnumMap<>(TuningLoop.Work.class);
  private final List<Double> heapMegabytes = new ArrayList<>();
  private int came;
  private double bestSeconds = Double.NaN;
  private double collectingSeconds;

  /**
   * @param other hears the same
   * @param trials of the whole search
   */
  DriverAccount(Onlooker other, int trials) {
    this.other = other;
    this.trials = trials;
  }

  @Override
  public void enters(String step) {
    other.enters(step);
  }

  @Override
  public void measured(String step, List<Trial> measured, double busyShare) {
    other.measured(step, measured, busyShare);
    came += measured.size();
    if (came >= (heapMegabytes.size() + 1L) * trials / LOOKS) {
      look();
    }
  }

  private void look() {
    long begin = System.nanoTime();
    System.gc();
    heapMegabytes.add(1e-6 * ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    collectingSeconds += 1e-9 * (System.nanoTime() - begin);
  }

  @Override
  public void spent(TuningLoop.Work work, double seconds) {
    other.spent(work, seconds);
    spent.merge(work, seconds, Double::sum);
  }

  @Override
  public void best(double seconds) {
    other.best(seconds);
    bestSeconds = seconds;
  }

  double spent(TuningLoop.Work work) {
    return spent.getOrDefault(work, 0.0);
  }

  /** The predicted weighted mean time of a call when the search ended. */
  double bestSeconds() {
    return bestSeconds;
  }

  /** After a collection, each time that a tenth of the trials had come. */
  List<Double> heapMegabytes() {
    return List.copyOf(heapMegabytes);
  }

  /** Spent on looking, which no run spends. */
  double collectingSeconds() {
    return collectingSeconds;
  }
}
