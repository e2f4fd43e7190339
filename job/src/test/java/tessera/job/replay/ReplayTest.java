package tessera.job.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.WORKLOAD;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.UserError;
import tessera.cost.CostModel;
import tessera.job.search.MadeUpHardware;
import tessera.job.search.MadeUpMachine;
import tessera.job.search.Strategy;
import tessera.job.warm.FormerCosts;
import tessera.job.warm.FormerRun;
import tessera.job.warm.WarmStart;
import tessera.measure.Outcome;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;

final class ReplayTest {
  private static final MadeUpMachine MACHINE =
      new MadeUpMachine(kernel -> kernel.get("prefetch") == 1 ? 0.5 : 1);

  private final long seed = new Random().nextLong();
  private final List<Trial> log = log(60);
  private final Replay replay = replay(log);

  private static Replay replay(List<Trial> log) {
    return new Replay(new MadeUpHardware(), WORKLOAD, 1, log);
  }

  private List<Trial> log(int count) {
    SplittableRandom random = new SplittableRandom(seed);
    return Stream.generate(() -> SPACE.sample(random))
        .distinct()
        .limit(count)
        .map(kernel -> kernel.get("unroll") == 4 ? failed(kernel) : MACHINE.measure(kernel))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static Trial failed(MicroKernel kernel) {
    return new Trial(
        kernel, Outcome.BUILD_FAILED, "made to fail", Map.of(), 7, 0, 0, List.of(), "test");
  }

  /** Proposes what it is told to, one after the other, and keeps what it hears. */
  private static final class Scripted implements Strategy {
    private final List<MicroKernel> script;
    private final List<Trial> heard = new ArrayList<>();
    private int next;

    Scripted(List<MicroKernel> script) {
      this.script = script;
    }

    @Override
    public List<MicroKernel> propose(int count, CostModel model) {
      int from = next;
      next = Math.min(script.size(), next + count);
      return script.subList(from, next);
    }

    @Override
    public void measured(List<Trial> trials) {
      heard.addAll(trials);
    }
  }

  @Test
  void run_candidates_endAsTheLogSays() {
    Collections.shuffle(log, new Random(seed));
    Scripted strategy = new Scripted(log.stream().map(Trial::kernel).toList());
    List<Replay.Step> steps = replay.run(strategy, replay.prior(), 16, 40);
    assertEquals(log.subList(0, 40), strategy.heard);
    assertEquals(replay.steps(log.subList(0, 40)), steps);
  }

  @Test
  void run_shippedStrategies_searchTheLogAloneAndRepeatBySeed() {
    for (boolean evolution : new boolean[] {true, false}) {
      List<Replay.Step> first = run(evolution);
      assertEquals(first, run(evolution));
      assertEquals(48, first.size());
      assertTrue(first.get(47).share() > 0 && first.get(47).share() <= 1);
    }
  }

  private List<Replay.Step> run(boolean evolution) {
    Strategy strategy = evolution ? replay.evolutionary(seed) : replay.random(seed);
    return replay.run(strategy, replay.prior(), 16, 48);
  }

  @Test
  void warm_logOfItsOwn_reachesTheBestOfTheLogWithItsAnchors() {
    FormerRun former =
        new FormerRun(
            "before", new MadeUpHardware(), WORKLOAD, log, List.of(), OptionalDouble.empty());
    FormerCosts costs = replay.former(new WarmStart(List.of(former)));
    List<Replay.Step> steps = replay.run(replay.warm(costs, 16, seed), replay.prior(), 16, 16);
    assertEquals(1.0, steps.get(15).share(), 1e-9, "seed " + seed);
  }

  @Test
  void steps_wholeLog_riseToItsBest() {
    List<Replay.Step> steps = replay.steps(log);
    assertEquals(1.0, steps.get(steps.size() - 1).share(), 1e-12);
    double before = 0;
    for (Replay.Step step : steps) {
      assertTrue(step.share() >= before, seed + ": " + steps);
      before = step.share();
    }
    double nanos = log.stream().mapToDouble(trial -> trial.isOk() ? 3 : 7).sum();
    assertEquals(1e-9 * nanos, steps.get(steps.size() - 1).seconds(), 1e-15);
  }

  @Test
  void steps_beforeAnythingIsOk_haveNoShare() {
    List<Trial> failed = log.stream().filter(trial -> !trial.isOk()).toList();
    assertTrue(replay.steps(failed).stream().allMatch(step -> step.share() == 0));
  }

  @Test
  void population_isOfTheLogsSpace() {
    assertEquals(60, replay.size());
    SplittableRandom random = new SplittableRandom(seed);
    Set<MicroKernel> logged = new HashSet<>(log.stream().map(Trial::kernel).toList());
    MicroKernel drawn = replay.space().sample(random);
    assertTrue(logged.contains(drawn));
    assertTrue(replay.population().isNew(drawn));
  }

  @Test
  void run_candidateThatTheLogLacks_isRefused() {
    MicroKernel logged = log.get(0).kernel();
    MicroKernel other = logged.with("prefetch", 1 - logged.get("prefetch"));
    Replay small = replay(List.of(MACHINE.measure(logged)));
    UserError refused =
        assertThrows(
            UserError.class, () -> small.run(new Scripted(List.of(other)), small.prior(), 1, 1));
    assertEquals(
        "the strategy proposed "
            + other.key()
            + ", of which the log has no trial; draw candidates from the replay's space",
        refused.getMessage());
  }

  @Test
  void run_candidateTwice_isRefused() {
    MicroKernel kernel = log.get(0).kernel();
    UserError refused =
        assertThrows(
            UserError.class,
            () -> replay.run(new Scripted(List.of(kernel, kernel)), replay.prior(), 1, 2));
    assertEquals(
        "the strategy proposed "
            + kernel.key()
            + " twice; ask Population.isNew before it is proposed",
        refused.getMessage());
  }

  @Test
  void new_logWithoutASuccess_isRefused() {
    List<Trial> failed = log.stream().map(trial -> failed(trial.kernel())).toList();
    UserError refused = assertThrows(UserError.class, () -> replay(failed));
    assertEquals(
        "no trial of the log is OK, so there is nothing to replay; give another",
        refused.getMessage());
  }
}
