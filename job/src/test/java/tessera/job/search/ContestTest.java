package tessera.job.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.FAMILY;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.TARGET;
import static tessera.job.search.MadeUpMachine.WORKLOAD;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.job.predict.Objective;
import tessera.measure.Outcome;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;
import tessera.workload.Instance;

final class ContestTest {
  private static final List<Instance> INSTANCES =
      LongStream.of(1, 8, 50).mapToObj(t -> new Instance(List.of(t), 1)).toList();
  private static final Objective OBJECTIVE = new Objective(WORKLOAD, INSTANCES, SPACE, 1);
  private static final MadeUpMachine MACHINE = new MadeUpMachine(kernel -> 1);

  private static List<MicroKernel> drawn(int count) {
    SplittableRandom random = new SplittableRandom(5);
    return Stream.generate(() -> SPACE.sample(random)).distinct().limit(count).toList();
  }

  private static Population measured(List<MicroKernel> kernels) {
    Population population = new Population(SPACE, OBJECTIVE, TARGET.peakGflops());
    population.add(kernels.stream().map(MACHINE::measure).toList());
    return population;
  }

  private static double seconds(MicroKernel kernel, int instance) {
    return OBJECTIVE.seconds(kernel, FAMILY.prior(kernel))[instance];
  }

  @Test
  void of_leadersAndSpecialists_areTimedWhereTheyBelong() {
    List<MicroKernel> kernels = drawn(60);
    MicroKernel leader = kernels.get(7);
    Contest contest =
        Contest.of(
            INSTANCES,
            List.of(leader),
            List.of(
                new Contest.Source(List.of(measured(kernels).ranking()), 3, Integer.MAX_VALUE)));
    for (int i = 0; i < INSTANCES.size(); i++) {
      List<MicroKernel> group = contest.kernels().get(i);
      assertEquals(leader, group.get(0));
      assertTrue(group.size() == 4 || group.size() == 3 && group.lastIndexOf(leader) == 0);
      int at = i;
      double best = kernels.stream().mapToDouble(kernel -> seconds(kernel, at)).min().orElseThrow();
      double found = group.stream().mapToDouble(kernel -> seconds(kernel, at)).min().orElseThrow();
      assertEquals(best, found, 1e-9 * best);
    }
  }

  @Test
  void of_sourceOfFew_givesEveryInstanceItsFastestFirst() {
    Population population = measured(drawn(60));
    Contest contest =
        Contest.of(
            INSTANCES, List.of(), List.of(new Contest.Source(List.of(population.ranking()), 5, 3)));
    assertTrue(contest.everyone().size() <= 3);
    for (int i = 0; i < INSTANCES.size(); i++) {
      assertTrue(contest.kernels().get(i).containsAll(population.ranking().fastest(i, 1, 1)));
    }
  }

  @Test
  void everyone_ofTwoPopulations_hasTheFirstOfEachBeforeTheSecond() {
    Population some = measured(drawn(60).subList(0, 30));
    Population others = measured(drawn(60).subList(30, 60));
    Contest contest =
        Contest.of(
            INSTANCES,
            List.of(),
            List.of(new Contest.Source(List.of(some.ranking(), others.ranking()), 4, 100)));
    List<MicroKernel> everyone = contest.everyone();
    int firsts = 2 * INSTANCES.size();
    for (Population population : List.of(some, others)) {
      for (int i = 0; i < INSTANCES.size(); i++) {
        int place = everyone.indexOf(population.ranking().fastest(i, 1, 1).get(0));
        assertTrue(place >= 0 && place < firsts, "" + place);
      }
    }
  }

  @Test
  void among_fewer_leavesTheOthersOutOfEveryGroup() {
    Population population = measured(drawn(60));
    Contest whole =
        Contest.of(
            INSTANCES,
            List.of(),
            List.of(new Contest.Source(List.of(population.ranking()), 4, 100)));
    MicroKernel out = whole.everyone().get(0);
    Contest fewer = whole.among(kernel -> !kernel.equals(out));
    assertFalse(fewer.everyone().contains(out));
    assertEquals(whole.everyone().size() - 1, fewer.everyone().size());
    assertEquals(INSTANCES, fewer.instances());
  }

  @Test
  void fastest_ofAKind_areFewAndDiffer() {
    List<MicroKernel> fastest = measured(drawn(300)).ranking().fastest(2, 300, 2);
    for (MicroKernel kernel : fastest) {
      List<MicroKernel> alike =
          fastest.stream().filter(k -> SPACE.kind(k).equals(SPACE.kind(kernel))).toList();
      assertTrue(alike.size() <= 2);
      assertEquals(alike.size(), alike.stream().map(k -> seconds(k, 2)).distinct().count());
    }
  }

  @Test
  void expectedBy_aModel_findsFasterThanAHandfulOfRandomPoints() {
    Specialists specialists = new Specialists(SPACE, OBJECTIVE, kernel -> true, 1);
    Ranking pool = specialists.expectedBy(FAMILY::prior);
    for (int i = 0; i < INSTANCES.size(); i++) {
      int at = i;
      double random =
          drawn(300).stream().mapToDouble(kernel -> seconds(kernel, at)).min().orElseThrow();
      assertTrue(seconds(pool.fastest(i, 1, 1).get(0), i) <= random);
    }
  }

  @Test
  void expectedBy_whatFailed_isNotFoundAgain() {
    MicroKernel failed = measured(drawn(60)).ranking().fastest(0, 1, 1).get(0);
    Population population = measured(List.of());
    population.add(
        List.of(new Trial(failed, Outcome.RUN_FAILED, "", Map.of(), 1, 1, 1, List.of(), "test")));
    assertTrue(population.hasFailed(failed));
    Ranking pool =
        new Specialists(SPACE, OBJECTIVE, kernel -> !population.hasFailed(kernel), 1)
            .expectedBy(FAMILY::prior);
    assertFalse(pool.fastest(0, Integer.MAX_VALUE, Integer.MAX_VALUE).contains(failed));
  }
}
