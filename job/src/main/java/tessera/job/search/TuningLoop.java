package tessera.job.search;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import tessera.EnvironmentFault;
import tessera.effort.RoundSize;
import tessera.measure.Deadline;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;

/**
 * The search.
 *
 * <pre>
 *   strategy ──candidates──> measurer ──trials──> listeners (log, progress)
 *      ^                                   │
 *      └────────model──── learner <────────┘
 * </pre>
 *
 * Where several devices measure, two rounds are under way: while one is measured, the driver learns
 * from the one before it and proposes the next, so that no device waits for the driver. A round
 * that ends while the driver learns is taken before it proposes, and as many rounds begin as are
 * missing then, all by the model that it has. Rounds are finished in the order in which they began.
 */
public final class TuningLoop {
  /** What a search does beside measuring, in the thread that proposes. */
  public enum Work {
    LEARN,
    PROPOSE,
    /** Waiting for trials. */
    WAIT,
    /** What its listener does with trials: log and show them. */
    LOG
  }

  /** Hears of every round. */
  public interface Listener {
    /**
     * A round begins, or is under way and has another number than was said: that of the round
     * before it, in which nothing was measured.
     */
    default void begins(int round) {}

    /** The candidates of a round were measured, or none of them: the next has its number then. */
    default void came(int round, List<Trial> trials, Lasted lasted) {}

    /** A round is finished; one in which nothing was measured is begun again instead. */
    void measured(int round, List<Trial> trials, Origin origin);

    default void spent(Work work, double seconds) {}
  }

  /**
   * Where the candidates of a round come from.
   *
   * @param learned what they were proposed by
   * @param begin nanoTime when the round began
   * @param learnSeconds in which the model was trained for it
   */
  public record Origin(Learner.Learned learned, long begin, double learnSeconds) {}

  /**
   * How long a round was measured, in seconds of wall time.
   *
   * @param whole from when its candidates were given out until its trials were there, and those of
   *     the round before it
   * @param first the part of it in which no earlier round was under way
   */
  public record Lasted(double whole, double first) {}

  /**
   * @param trials of the search, the first ones, that it was learned from
   */
  private record Lesson(int trials, Learner.Learned learned) {}

  /**
   * A round that is being measured.
   *
   * @param startSeconds in the budget's time
   * @param begin nanoTime when its candidates were given out
   */
  private record Flight(
      int candidates,
      FutureTask<List<Trial>> trials,
      Thread thread,
      Origin origin,
      double startSeconds,
      long begin) {
    List<Trial> await() {
      try {
        return trials.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException fault) {
          throw fault;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new EnvironmentFault("the run was interrupted while it measured", e);
      }
    }

    /**
     * @param before nanoTime when the round before it was finished
     */
    Lasted lasted(long before) {
      long now = System.nanoTime();
      return new Lasted(1e-9 * (now - begin), 1e-9 * (now - Math.max(begin, before)));
    }

    /** What it had asked for is given up; a thread that does not listen is left behind. */
    void cancel() {
      trials.cancel(true);
      boolean interrupted = Thread.interrupted();
      try {
        thread.join(STOP.toMillis());
      } catch (InterruptedException e) {
        interrupted = true;
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The longest that a search which failed waits for a round that is still being measured. */
  private static final Duration STOP = Duration.ofSeconds(5);

  private final Strategy strategy;
  private final Measurer measurer;
  private final Learner learner;
  private final Listener listener;
  private final Supplier<RoundSize> size;
  private Optional<Lesson> latest = Optional.empty();

  /**
   * @param size of the next round, asked before each
   */
  public TuningLoop(
      Strategy strategy,
      Measurer measurer,
      Learner learner,
      Listener listener,
      Supplier<RoundSize> size) {
    this.strategy = strategy;
    this.measurer = measurer;
    this.learner = learner;
    this.listener = listener;
    this.size = size;
  }

  /**
   * Searches until the budget or the space ends.
   *
   * @param earlier trials of a run that is resumed
   * @param firstRound the number of the first round
   * @return all trials, the earlier ones first
   */
  public List<Trial> run(RunningBudget budget, List<Trial> earlier, int firstRound) {
    latest = Optional.empty();
    strategy.measured(earlier);
    return new Course(budget, earlier, firstRound).run();
  }

  /** One search, from its first round to its last. */
  private final class Course {
    private final RunningBudget budget;
    private final List<Trial> all;
    private final Deque<Flight> flights = new ArrayDeque<>();

    /** The number of the first round under way. */
    private int round;

    /** When the round before that was taken, as nanoTime. */
    private long taken = System.nanoTime();

    Course(RunningBudget budget, List<Trial> earlier, int firstRound) {
      this.budget = budget;
      this.all = new ArrayList<>(earlier);
      this.round = firstRound;
    }

    List<Trial> run() {
      try {
        begin();
        warmUp();
        while (!flights.isEmpty()) {
          take();
          takeWhatIsDone();
          begin();
        }
      } finally {
        flights.forEach(Flight::cancel);
      }
      return all;
    }

    /** While the first rounds are measured, which do not wait for it. */
    private void warmUp() {
      if (all.isEmpty() && !flights.isEmpty()) {
        started(
            "tessera-warm-up",
            () -> {
              try {
                learner.warmUp();
              } catch (RuntimeException e) {
                // nobody needs it; what is wrong fails the first training too, or is over by then
              }
            });
      }
    }

    /** Waits for the first round under way, and finishes it. */
    private void take() {
      Flight first = flights.element();
      List<Trial> trials = timed(Work.WAIT, first::await);
      flights.remove();
      Lasted lasted = first.lasted(taken);
      taken = System.nanoTime();
      listener.came(round, trials, lasted);
      all.addAll(trials);
      strategy.measured(trials);
      if (!trials.isEmpty()) {
        int number = round++;
        timed(
            Work.LOG,
            () -> {
              listener.measured(number, trials, first.origin());
              return number;
            });
      }
      budget.roundEnds(first.startSeconds());
      if (trials.isEmpty()) {
        tellNumbers();
      }
    }

    /** Of the rounds under way, of which the first has a number now. */
    private void tellNumbers() {
      for (int i = 0; i < flights.size(); i++) {
        listener.begins(round + i);
      }
    }

    /** Finishes rounds that nothing has to be waited for, and says whether there was one. */
    private boolean takeWhatIsDone() {
      int before = flights.size();
      while (!flights.isEmpty() && flights.element().trials().isDone()) {
        take();
      }
      return flights.size() < before;
    }

    /** Begins rounds until as many are under way as there should be. */
    private void begin() {
      RoundSize now = size.get();
      Optional<Learner.Learned> learned = Optional.empty();
      while (flights.size() < now.atOnce() && remains()) {
        double start = budget.roundStarts();
        long begin = System.nanoTime();
        listener.begins(round + flights.size());
        boolean isFirst = learned.isEmpty();
        learned = learned.or(() -> Optional.of(timed(Work.LEARN, () -> learned(all))));
        Origin origin = new Origin(learned.get(), begin, seconds(begin));
        if (isFirst && takeWhatIsDone()) {
          listener.begins(round + flights.size());
        }
        if (!begin(origin, start, now.candidates())) {
          return;
        }
      }
    }

    /** Whether a round was begun: not where the space has no more candidates. */
    private boolean begin(Origin origin, double start, int candidates) {
      int most = Math.min(candidates, budget.trialsLeft(asked()));
      List<MicroKernel> proposed =
          timed(Work.PROPOSE, () -> strategy.propose(most, origin.learned().model()));
      if (proposed.isEmpty()) {
        return false;
      }
      flights.add(flight(proposed, origin, start, budget.end(hasRight(all))));
      return true;
    }

    private boolean remains() {
      return budget.remains(asked(), hasRight(all), flights.size());
    }

    /** Trials that were measured, or are about to be. */
    private int asked() {
      return all.size() + flights.stream().mapToInt(Flight::candidates).sum();
    }
  }

  /** Nothing is learned anew from the same trials, as after a round in which none was measured. */
  private Learner.Learned learned(List<Trial> all) {
    if (latest.isEmpty() || latest.get().trials() != all.size()) {
      latest = Optional.of(new Lesson(all.size(), learner.learn(all)));
    }
    return latest.get().learned();
  }

  private Flight flight(List<MicroKernel> candidates, Origin origin, double start, Deadline until) {
    FutureTask<List<Trial>> trials = new FutureTask<>(() -> measurer.measure(candidates, until));
    Thread measuring = started("tessera-round", trials);
    return new Flight(candidates.size(), trials, measuring, origin, start, System.nanoTime());
  }

  /** A new thread, since Spark names its jobs by what a thread inherits. */
  private static Thread started(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private <T> T timed(Work work, Supplier<T> action) {
    long begin = System.nanoTime();
    T result = action.get();
    listener.spent(work, seconds(begin));
    return result;
  }

  private static double seconds(long begin) {
    return 1e-9 * (System.nanoTime() - begin);
  }

  private static boolean hasRight(List<Trial> trials) {
    return trials.stream().anyMatch(Trial::isOk);
  }
}
