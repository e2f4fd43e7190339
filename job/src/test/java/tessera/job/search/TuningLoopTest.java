package tessera.job.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.FAMILY;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.TARGET;
import static tessera.job.search.MadeUpMachine.WORKLOAD;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import tessera.EnvironmentFault;
import tessera.cost.CostModel;
import tessera.effort.Breadth;
import tessera.effort.RoundSize;
import tessera.job.predict.Objective;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;
import tessera.workload.Budget;

/** The whole loop on a made-up machine: no compiler, no clock, no Spark. */
final class TuningLoopTest {
  /** Prefetching doubles the speed, which no prior knows. */
  private static final MadeUpMachine MACHINE =
      new MadeUpMachine(kernel -> kernel.get("prefetch") == 1 ? 0.5 : 1);

  private final Objective objective = new Objective(WORKLOAD, WORKLOAD.sampled(), SPACE, 1);

  /** Fourfold unrolling never builds. */
  private Trial trial(MicroKernel kernel) {
    return kernel.get("unroll") == 4
        ? new Trial(
            kernel, Outcome.BUILD_FAILED, "made to fail", Map.of(), 1, 0, 0, List.of(), "test")
        : MACHINE.measure(kernel);
  }

  private List<Trial> run(
      Strategy strategy, int trials, List<Trial> earlier, List<Integer> rounds) {
    Learner prior =
        all -> new Learner.Learned(kernel -> FAMILY.prior(kernel), new Learner.Scores(0, 0, 0, 0));
    return new TuningLoop(
            strategy,
            (candidates, until) -> candidates.stream().map(this::trial).toList(),
            prior,
            (round, measured, scores) -> rounds.add(round),
            () -> RoundSize.alone(16))
        .run(
            new RunningBudget(new Budget(trials, 1e9), 0, () -> 0),
            earlier,
            earlier.isEmpty() ? 0 : 1);
  }

  private EvolutionaryStrategy evolution(Population population) {
    return new EvolutionaryStrategy(SPACE, objective, population, Breadth.NARROW, 3);
  }

  private Population population() {
    return new Population(SPACE, objective, TARGET.peakGflops());
  }

  @Test
  void run_budget_isSpentExactlyAndNothingTwice() {
    List<Integer> rounds = new ArrayList<>();
    List<Trial> trials = run(evolution(population()), 40, List.of(), rounds);
    assertEquals(40, trials.size());
    assertEquals(40, new HashSet<>(trials.stream().map(Trial::kernel).toList()).size());
    assertEquals(List.of(0, 1, 2), rounds);
  }

  @Test
  void run_whatThePriorDoesNotKnow_isFoundByMeasuring() {
    Population population = population();
    run(evolution(population), 96, List.of(), new ArrayList<>());
    assertEquals(1, population.ranking().leaders(1, 1, kernel -> true).get(0).get("prefetch"));
  }

  @Test
  void run_resumed_countsAndKeepsWhatWasMeasured() {
    List<Trial> earlier = run(evolution(population()), 16, List.of(), new ArrayList<>());
    List<Integer> rounds = new ArrayList<>();
    List<Trial> all = run(evolution(population()), 48, earlier, rounds);
    assertEquals(48, all.size());
    assertEquals(earlier, all.subList(0, 16));
    assertEquals(48, new HashSet<>(all.stream().map(Trial::kernel).toList()).size());
    assertEquals(List.of(1, 2), rounds);
  }

  @Test
  void leaders_ofSome_areTheBestOfThose() {
    Population population = population();
    run(evolution(population), 32, List.of(), new ArrayList<>());
    List<MicroKernel> first = population.ranking().leaders(4, 4, kernel -> true);
    List<MicroKernel> others =
        population.ranking().leaders(4, 4, kernel -> !first.contains(kernel));
    assertEquals(4, others.size());
    assertTrue(others.stream().noneMatch(first::contains));
    assertEquals(List.of(), population.ranking().leaders(4, 4, kernel -> false));
  }

  @Test
  void run_failedTrials_costNoLeadership() {
    Population population = population();
    List<Trial> trials =
        run(new RandomStrategy(SPACE, population, 11), 64, List.of(), new ArrayList<>());
    assertTrue(trials.stream().anyMatch(trial -> trial.outcome() == Outcome.BUILD_FAILED));
    assertTrue(
        population.ranking().leaders(10, 10, any -> true).stream()
            .noneMatch(kernel -> kernel.get("unroll") == 4));
  }

  @Test
  void run_sameSeed_proposesTheSame() {
    List<MicroKernel> first =
        run(evolution(population()), 32, List.of(), new ArrayList<>()).stream()
            .map(Trial::kernel)
            .toList();
    List<MicroKernel> second =
        run(evolution(population()), 32, List.of(), new ArrayList<>()).stream()
            .map(Trial::kernel)
            .toList();
    assertEquals(first, second);
  }

  @Test
  void budget_timeThatIsKeptBack_isNotSpent() {
    double[] now = {0};
    RunningBudget budget = new RunningBudget(new Budget(1000, 100), 30, () -> now[0]);
    budget.roundStarts();
    now[0] = 20;
    budget.roundEnds(0);
    assertTrue(budget.remains(10, true, 0));
    now[0] = 51;
    assertTrue(!budget.remains(10, true, 0), "a round of 20 s and 30 s at the end no longer fit");
    budget.roundStarts();
    now[0] = 55;
    budget.roundEnds(51);
    assertTrue(budget.remains(20, true, 0), "a round like the last one, of 4 s, does");
  }

  @Test
  void budget_roundsAtOnce_needMostOfTheTimeOfOneFromItsStartToItsEnd() {
    double[] now = {0};
    RunningBudget budget = new RunningBudget(new Budget(1000, 100), 30, () -> now[0]);
    double first = budget.roundStarts();
    double second = budget.roundStarts();
    now[0] = 18;
    budget.roundEnds(first);
    now[0] = 20;
    budget.roundEnds(second);
    now[0] = 54;
    assertTrue(budget.remains(10, true, 0));
    now[0] = 56;
    assertFalse(budget.remains(10, true, 0), "one ended 2 s after the other, but took 20 s");
  }

  @Test
  void budget_endOfARound_keepsBackWhatIsReservedUnlessNothingIsRightYet() {
    RunningBudget budget = new RunningBudget(new Budget(1000, 100), 90, () -> 5.0);
    assertSeconds(20, budget.end(false));
    assertSeconds(5, budget.end(true));
  }

  private static void assertSeconds(double expected, Deadline end) {
    double left = end.secondsLeft();
    assertTrue(left <= expected && left > expected - 3, expected + " s, not " + left);
  }

  /** With the rounds that the listener hears of, where each measures some of its candidates. */
  private List<Trial> run(Budget budget, double reserved, Measurer measurer, List<Integer> rounds) {
    Learner prior =
        all -> new Learner.Learned(kernel -> FAMILY.prior(kernel), new Learner.Scores(0, 0, 0, 0));
    return new TuningLoop(
            evolution(population()),
            measurer,
            prior,
            (round, measured, scores) -> rounds.add(round),
            () -> RoundSize.alone(16))
        .run(new RunningBudget(budget, reserved, () -> 0), List.of(), 0);
  }

  /** Rounds of eight, two of which are under way at a time. */
  private List<Trial> runTwoAtOnce(int trials, Measurer measurer, List<Integer> rounds) {
    return runTwoAtOnce(trials, measurer, (round, measured, origin) -> rounds.add(round));
  }

  private List<Trial> runTwoAtOnce(int trials, Measurer measurer, TuningLoop.Listener listener) {
    Learner prior =
        all -> new Learner.Learned(kernel -> FAMILY.prior(kernel), new Learner.Scores(0, 0, 0, 0));
    return new TuningLoop(
            evolution(population()), measurer, prior, listener, () -> new RoundSize(8, 2))
        .run(new RunningBudget(new Budget(trials, 1e9), 0, () -> 0), List.of(), 0);
  }

  @Test
  void run_twoRoundsAtOnce_beginsTheSecondBeforeTheFirstIsMeasured() {
    CountDownLatch begun = new CountDownLatch(2);
    List<Integer> rounds = new ArrayList<>();
    Measurer measurer =
        (candidates, until) -> {
          begun.countDown();
          try {
            assertTrue(begun.await(1, TimeUnit.MINUTES), "the second round never began");
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return candidates.stream().map(this::trial).toList();
        };
    List<Trial> trials = runTwoAtOnce(36, measurer, rounds);
    assertEquals(36, trials.size());
    assertEquals(36, new HashSet<>(trials.stream().map(Trial::kernel).toList()).size());
    assertEquals(List.of(0, 1, 2, 3, 4), rounds);
  }

  @Test
  void run_twoRoundsAtOnce_areFinishedInTheirOrder() {
    CountDownLatch second = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    List<List<MicroKernel>> proposed = new CopyOnWriteArrayList<>();
    Measurer measurer =
        (candidates, until) -> {
          int round = asked.getAndIncrement();
          proposed.add(candidates);
          if (round == 0) {
            try {
              assertTrue(second.await(1, TimeUnit.MINUTES), "the second round never ended");
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
          List<Trial> trials = candidates.stream().map(this::trial).toList();
          second.countDown();
          return trials;
        };
    List<Trial> trials = runTwoAtOnce(16, measurer, new ArrayList<>());
    Set<Set<MicroKernel>> rounds = new HashSet<>();
    proposed.forEach(round -> rounds.add(Set.copyOf(round)));
    List<MicroKernel> kernels = trials.stream().map(Trial::kernel).toList();
    assertEquals(
        rounds, Set.of(Set.copyOf(kernels.subList(0, 8)), Set.copyOf(kernels.subList(8, 16))));
  }

  @Test
  void run_twoRoundsAtOnce_lastAsLongAsEachWasUnderWay() {
    List<TuningLoop.Lasted> lasted = new ArrayList<>();
    TuningLoop.Listener listener =
        new TuningLoop.Listener() {
          @Override
          public void came(int round, List<Trial> trials, TuningLoop.Lasted time) {
            assertEquals(lasted.size(), round);
            lasted.add(time);
          }

          @Override
          public void measured(int round, List<Trial> trials, TuningLoop.Origin origin) {}
        };
    CountDownLatch begun = new CountDownLatch(2);
    Measurer measurer =
        (candidates, until) -> {
          begun.countDown();
          await(begun);
          return candidates.stream().map(this::trial).toList();
        };
    runTwoAtOnce(16, measurer, listener);
    assertEquals(2, lasted.size());
    assertEquals(lasted.get(0).first(), lasted.get(0).whole());
    assertTrue(lasted.get(1).first() < lasted.get(1).whole(), lasted::toString);
  }

  /** Notes which rounds begin, and how many trials come of which. */
  private static TuningLoop.Listener hearing(List<String> heard) {
    return new TuningLoop.Listener() {
      @Override
      public void begins(int round) {
        heard.add("begins " + round);
      }

      @Override
      public void came(int round, List<Trial> trials, TuningLoop.Lasted time) {
        heard.add(trials.size() + " of " + round);
      }

      @Override
      public void measured(int round, List<Trial> trials, TuningLoop.Origin origin) {}
    };
  }

  @Test
  void run_nothingMeasuredOfTwoRoundsAtOnce_saysTheNumberOfTheOtherAgain() {
    List<String> heard = new ArrayList<>();
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(2);
    Measurer measurer =
        (candidates, until) -> {
          boolean isFirst = asked.getAndIncrement() == 0;
          begun.countDown();
          await(begun);
          return isFirst ? List.of() : candidates.stream().map(this::trial).toList();
        };
    runTwoAtOnce(16, measurer, hearing(heard));
    assertEquals(List.of("begins 0", "begins 1", "0 of 0", "begins 0"), heard.subList(0, 4));
  }

  @Test
  void run_resumedWithTwoRoundsAtOnce_learnsOnceFromTheSameTrials() {
    List<Trial> earlier = run(evolution(population()), 16, List.of(), new ArrayList<>());
    List<Integer> learnedFrom = new ArrayList<>();
    Learner prior =
        all -> {
          learnedFrom.add(all.size());
          return new Learner.Learned(
              kernel -> FAMILY.prior(kernel), new Learner.Scores(0, 0, 0, 0));
        };
    new TuningLoop(
            evolution(population()),
            (candidates, until) -> candidates.stream().map(this::trial).toList(),
            prior,
            (round, measured, origin) -> {},
            () -> new RoundSize(8, 2))
        .run(new RunningBudget(new Budget(48, 1e9), 0, () -> 0), earlier, 1);
    assertEquals(16, learnedFrom.get(0));
    assertEquals(learnedFrom.stream().distinct().toList(), learnedFrom);
  }

  @Test
  void run_roundThatEndsWhileTheDriverLearns_isTakenBeforeTwoRoundsBegin() {
    List<String> heard = new ArrayList<>();
    List<Integer> learnedFrom = new ArrayList<>();
    List<List<MicroKernel>> proposed = new CopyOnWriteArrayList<>();
    CompletableFuture<Thread> second = new CompletableFuture<>();
    CountDownLatch learning = new CountDownLatch(1);
    Strategy evolution = evolution(population());
    Strategy strategy =
        new Strategy() {
          @Override
          public List<MicroKernel> propose(int count, CostModel model) {
            proposed.add(evolution.propose(count, model));
            return proposed.get(proposed.size() - 1);
          }

          @Override
          public void measured(List<Trial> trials) {
            evolution.measured(trials);
          }
        };
    Measurer measurer =
        (candidates, until) -> {
          if (proposed.indexOf(candidates) == 1) {
            second.complete(Thread.currentThread());
            await(learning);
          }
          return candidates.stream().map(this::trial).toList();
        };
    Learner slow =
        all -> {
          learnedFrom.add(all.size());
          if (all.size() == 8) {
            learning.countDown();
            awaitEnd(second.join());
          }
          return new Learner.Learned(
              kernel -> FAMILY.prior(kernel), new Learner.Scores(0, 0, 0, 0));
        };
    new TuningLoop(strategy, measurer, slow, hearing(heard), () -> new RoundSize(8, 2))
        .run(new RunningBudget(new Budget(32, 1e9), 0, () -> 0), List.of(), 0);
    assertEquals(List.of(0, 8), learnedFrom.subList(0, 2));
    assertEquals(
        List.of("begins 0", "begins 1", "8 of 0", "begins 2", "8 of 1", "begins 2", "begins 3"),
        heard.subList(0, 7));
  }

  /**
   * What a search of two rounds does, whose first ends when the learner begins to warm up, and
   * which has warmed up when the second is measured.
   */
  private List<String> warmUps(List<Trial> earlier) {
    List<String> done = new CopyOnWriteArrayList<>();
    boolean isFirst = earlier.isEmpty();
    CountDownLatch warming = new CountDownLatch(isFirst ? 1 : 0);
    CountDownLatch learning = new CountDownLatch(1);
    CountDownLatch warm = new CountDownLatch(isFirst ? 1 : 0);
    Learner learner =
        new Learner() {
          @Override
          public Learned learn(List<Trial> trials) {
            done.add("learn from " + trials.size());
            if (!trials.isEmpty()) {
              learning.countDown();
              await(warm);
            }
            return new Learned(kernel -> FAMILY.prior(kernel), new Scores(0, 0, 0, 0));
          }

          @Override
          public void warmUp() {
            done.add("warm up");
            warming.countDown();
            await(learning);
            done.add("fail to");
            warm.countDown();
            throw new EnvironmentFault("executors died of it");
          }
        };
    new TuningLoop(
            evolution(population()),
            (candidates, until) -> {
              await(warming);
              return candidates.stream().map(this::trial).toList();
            },
            learner,
            (round, measured, origin) -> done.add("measured " + round),
            () -> RoundSize.alone(16))
        .run(new RunningBudget(new Budget(32, 1e9), 0, () -> 0), earlier, earlier.size() / 16);
    return done;
  }

  @Test
  void run_learnerThatWarmsUp_holdsNothingUp() {
    assertEquals(
        List.of("learn from 0", "warm up", "measured 0", "learn from 16", "fail to", "measured 1"),
        warmUps(List.of()));
  }

  @Test
  void run_resumed_doesNotWarmUpWhatLearnsAtOnce() {
    List<Trial> earlier = run(evolution(population()), 16, List.of(), new ArrayList<>());
    assertEquals(List.of("learn from 16", "measured 1"), warmUps(earlier));
  }

  private static void awaitEnd(Thread thread) {
    try {
      thread.join(60_000);
      assertFalse(thread.isAlive(), "the round never ended");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void run_measurerThatFails_endsInItsFailure() {
    Measurer measurer =
        (candidates, until) -> {
          throw new EnvironmentFault("no executor is left");
        };
    EnvironmentFault fault =
        assertThrows(EnvironmentFault.class, () -> runTwoAtOnce(48, measurer, new ArrayList<>()));
    assertEquals("no executor is left", fault.getMessage());
  }

  @Test
  void run_twoRoundsAtOnceWhoseLogFails_endsAfterTheSecondHasStopped() {
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(1);
    AtomicInteger stopped = new AtomicInteger();
    Measurer measurer =
        (candidates, until) -> {
          if (asked.getAndIncrement() == 0) {
            return candidates.stream().map(this::trial).toList();
          }
          begun.countDown();
          awaitInterrupt();
          stopped.incrementAndGet();
          return List.of();
        };
    TuningLoop.Listener full =
        (round, measured, origin) -> {
          await(begun);
          throw new EnvironmentFault("the disk is full");
        };
    EnvironmentFault fault =
        assertThrows(EnvironmentFault.class, () -> runTwoAtOnce(48, measurer, full));
    assertEquals("the disk is full", fault.getMessage());
    assertEquals(2, asked.get());
    assertEquals(1, stopped.get(), "the second round goes on");
  }

  @Test
  void run_thatIsInterrupted_stopsTheRoundThatItWaitsFor() {
    AtomicInteger stopped = new AtomicInteger();
    Thread searching = Thread.currentThread();
    Measurer measurer =
        (candidates, until) -> {
          searching.interrupt();
          awaitInterrupt();
          stopped.incrementAndGet();
          return List.of();
        };
    EnvironmentFault fault =
        assertThrows(
            EnvironmentFault.class, () -> run(new Budget(16, 1e9), 0, measurer, new ArrayList<>()));
    assertTrue(Thread.interrupted(), "the interrupt is kept");
    assertEquals("the run was interrupted while it measured", fault.getMessage());
    assertEquals(1, stopped.get(), "the round goes on");
  }

  /** As a measurer that cleans up when it is interrupted. */
  private static void awaitInterrupt() {
    try {
      Thread.sleep(TimeUnit.MINUTES.toMillis(1));
    } catch (InterruptedException e) {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200);
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(1, TimeUnit.MINUTES), "it never came");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void run_nothingIsMeasuredInTime_endsAfterAFewRounds() {
    List<Integer> rounds = new ArrayList<>();
    List<Integer> asked = new ArrayList<>();
    Measurer none =
        (candidates, until) -> {
          asked.add(candidates.size());
          return List.of();
        };
    assertEquals(List.of(), run(new Budget(64, 10), 20, none, rounds));
    assertEquals(List.of(16, 16, 16), asked);
    assertEquals(List.of(), rounds);
  }

  @Test
  void run_roundInWhichNothingIsMeasured_isNoneOfTheLog() {
    List<Integer> rounds = new ArrayList<>();
    List<Integer> asked = new ArrayList<>();
    Measurer everySecond =
        (candidates, until) -> {
          asked.add(candidates.size());
          return asked.size() % 2 == 0 ? candidates.stream().map(this::trial).toList() : List.of();
        };
    assertEquals(40, run(new Budget(40, 1e9), 0, everySecond, rounds).size());
    assertEquals(List.of(16, 16, 16, 16, 8, 8), asked);
    assertEquals(List.of(0, 1, 2), rounds);
  }
}
