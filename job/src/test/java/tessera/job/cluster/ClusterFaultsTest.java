package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What happens to real processes while a run is under way; each run ends with its bundle, as good
 * as that of one run of the same cluster to which nothing happens.
 */
@Tag("faults")
final class ClusterFaultsTest {
  /** How many times the driver is killed at a random moment. */
  private static final int RESUMES = Integer.getInteger("tessera.resumes", 1);

  @TempDir private static Path shared;

  private static FaultyCluster cluster;
  private static FaultyRun.Undisturbed undisturbed;

  @TempDir private Path folder;

  @BeforeAll
  static void tuneUndisturbed() throws Exception {
    cluster = FaultyCluster.start(shared);
    ClassArchive.makeBy(
        option -> {
          FaultyRun run = new FaultyRun(cluster, shared.resolve("archived"), Map.of());
          run.assertDelivers(run.tuneBy(option));
        });
    undisturbed = new FaultyRun(cluster, shared.resolve("undisturbed"), Map.of()).undisturbed();
  }

  @AfterAll
  static void stop() throws IOException {
    cluster.close();
  }

  @AfterEach
  void mend() throws Exception {
    cluster.mend();
  }

  private FaultyRun run(Map<String, String> environment) throws IOException {
    return new FaultyRun(cluster, folder, environment);
  }

  private static ProcessHandle executor() {
    return cluster.processes().executors().get(0);
  }

  private static ProcessHandle worker() {
    List<SparkProcess> workers = cluster.processes().workers();
    return workers.get(workers.size() - 1).handle();
  }

  @Test
  void tune_executorKilledInARound_delivers() throws Exception {
    FaultyRun run = run(Map.of());
    SparkProcess tune = run.tune();
    FaultyRun.awaitRounds(tune, 1);
    executor().destroyForcibly();
    run.assertDeliversAs(undisturbed, tune);
  }

  @Test
  void tune_workerLost_delivers() throws Exception {
    FaultyRun run = run(Map.of());
    SparkProcess tune = run.tune();
    FaultyRun.awaitRounds(tune, 1);
    worker().destroyForcibly();
    run.assertDeliversAs(undisturbed, tune);
  }

  @Test
  void resume_driverKilled_keepsAllRoundsAndDelivers() throws Exception {
    FaultyRun run = run(Map.of());
    SparkProcess tune = run.tune();
    FaultyRun.awaitRounds(tune, 2);
    assertResumes(run, tune);
  }

  /** What was measured when the driver was killed is there after the run has gone on. */
  private static void assertResumes(FaultyRun run, SparkProcess tune) throws Exception {
    tune.handle().destroyForcibly();
    tune.handle().onExit().join();
    run.assertNothingLeft();
    List<Row> before = run.runs().isEmpty() ? List.of() : run.finishedTrials();
    run.assertDeliversAs(undisturbed, run.resume());
    assertEquals(before, run.trials().subList(0, before.size()));
  }

  @Test
  void resume_driverKilledAtARandomMoment_keepsAllRoundsAndDelivers() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("the driver's death at a random moment: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int time = 0; time < RESUMES; time++) {
      double seconds = random.nextDouble(undisturbed.seconds());
      FaultyRun run = new FaultyRun(cluster, folder.resolve("" + time), Map.of());
      SparkProcess tune = run.tune();
      tune.handle()
          .onExit()
          .completeOnTimeout(null, (long) (1000 * seconds), TimeUnit.MILLISECONDS)
          .join();
      System.out.println("killed after " + seconds + " s: " + tune.err().strip());
      assertResumes(run, tune);
    }
  }

  @Test
  void tune_measuringProcessStops_isReplacedAndDelivers() throws Exception {
    FaultyRun run = run(Map.of());
    SparkProcess tune = run.tune();
    ProcessHandle stopped = run.awaitMeasuring(tune);
    FaultyRun.signal("STOP", List.of(stopped));
    stopped.onExit().get(FaultyRun.LIMIT.toSeconds(), TimeUnit.SECONDS);
    run.assertDeliversAs(undisturbed, tune);
  }

  @Test
  void tune_workerIsDecommissioned_delivers() throws Exception {
    FaultyRun run = run(Map.of());
    SparkProcess tune = run.tune("spark.decommission.enabled=true");
    FaultyRun.awaitRounds(tune, 1);
    ProcessHandle worker = worker();
    FaultyRun.signal("PWR", List.of(worker));
    run.assertDeliversAs(undisturbed, tune);
    worker.destroyForcibly();
  }

  /** Of a run one of whose kernels kills. */
  private List<String> failures(String victim) throws Exception {
    FaultyRun run = run(new Sabotage(folder).killer(victim));
    run.assertDeliversAs(undisturbed, run.tune());
    return run.trials().stream()
        .filter(row -> !row.getString(2).equals("OK"))
        .map(row -> row.getString(2) + ": " + row.getString(3))
        .toList();
  }

  @Test
  void tune_candidateKillsItsProcess_isGivenUp() throws Exception {
    assertEquals(List.of("RUN_FAILED: the process died by signal 9"), failures("getpid()"));
  }

  @Test
  void tune_candidateKillsItsExecutor_isGivenUpAfterTwo() throws Exception {
    assertEquals(List.of("RUN_FAILED: 2 executors died while they had it"), failures("getppid()"));
  }

  @Test
  void tune_executorsWithAnotherTimeOfDay_delivers() throws Exception {
    Sabotage clocks = new Sabotage(folder);
    FaultyRun run = run(clocks.clock(3600));
    clocks.jump();
    SparkProcess tune = run.tune();
    List<ProcessHandle> executors = cluster.processes().awaitExecutors(2);
    run.assertDeliversAs(undisturbed, tune);
    assertTrue(executors.stream().allMatch(clocks::wasTold), folder::toString);
  }

  @Test
  void tune_executorsWhoseClocksJumpBack_delivers() throws Exception {
    Sabotage clocks = new Sabotage(folder);
    FaultyRun run = run(clocks.clock(-7200));
    SparkProcess tune = run.tune();
    FaultyRun.awaitRounds(tune, 1);
    List<ProcessHandle> executors = cluster.processes().executors();
    clocks.jump();
    run.assertDeliversAs(undisturbed, tune);
    assertTrue(executors.stream().allMatch(clocks::wasTold), folder::toString);
  }

  /** Lets a process and what it starts run for less than a tenth of the time, until it ends. */
  private static void slowDown(ProcessHandle process) {
    Thread thread =
        new Thread(
            () -> {
              try {
                long runs = System.nanoTime();
                while (process.isAlive()) {
                  List<ProcessHandle> all =
                      Stream.concat(Stream.of(process), process.descendants()).toList();
                  FaultyRun.signal("STOP", all);
                  // on a busy machine it ran for longer than 50 ms, and stands still for longer too
                  long ran = (System.nanoTime() - runs) / 1_000_000;
                  Thread.sleep(Math.max(700, Math.min(10_000, 14 * ran)));
                  runs = System.nanoTime();
                  FaultyRun.signal("CONT", all);
                  Thread.sleep(50);
                }
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  @Test
  void tune_executorTenTimesSlower_isLeftOutAndDelivers() throws Exception {
    FaultyRun run = run(new Sabotage(folder).slowCompiler());
    SparkProcess tune = run.tune();
    FaultyRun.awaitRounds(tune, 1);
    slowDown(executor());
    run.assertDeliversAs(undisturbed, tune);
    assertTrue(tune.err().contains(" is left out while there are others: "), tune.err());
  }

  /** A small disk for what a run writes. */
  private AutoCloseable disk(Path place) throws Exception {
    Files.createDirectories(place);
    Process mounted =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1m", "none", place.toString())
            .start();
    assumeTrue(mounted.waitFor() == 0, "only root can mount a small disk");
    return () -> new ProcessBuilder("umount", "-l", place.toString()).start().waitFor();
  }

  /** Leaves no room on a disk. */
  private static void fill(Path filler) {
    try (OutputStream out = Files.newOutputStream(filler)) {
      for (int i = 0; i < 2048; i++) {
        out.write(new byte[1024]);
      }
      fail("the disk is larger than it should be");
    } catch (IOException e) {
      // it is full
    }
  }

  /** The disk is full from some line on; once there is room the run goes on. */
  private void assertResumes(Pattern line, String thing) throws Exception {
    FaultyRun run = run(Map.of());
    try (AutoCloseable disk = disk(run.out())) {
      SparkProcess tune = run.tune();
      tune.await(line, FaultyRun.LIMIT);
      Path filler = run.out().resolve("filler");
      fill(filler);
      assertEquals(2, tune.exitCode(FaultyRun.LIMIT), tune.out() + tune.err());
      assertTrue(tune.err().contains("tessera: the " + thing), tune.err());
      run.assertNothingLeft();
      Files.delete(filler);
      run.assertDeliversAs(undisturbed, run.resume());
    }
  }

  @Test
  void resume_afterTheLogsDiskWasFull_delivers() throws Exception {
    assertResumes(Pattern.compile("(\\d+ of 20 trials)"), "run folder ");
  }

  @Test
  void resume_afterTheBundlesDiskWasFull_delivers() throws Exception {
    assertResumes(Pattern.compile("(timing beside)"), "bundle ");
  }
}
