package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;

/** What is seen of a run from outside: its figures, its jobs' names, its log. */
@Tag("faults")
final class ObservedRunTest {
  private static final Duration LIMIT = Duration.ofSeconds(300);
  private static final Pattern SHOWN = Pattern.compile("Spark shows its jobs at (http://\\S+)");
  private static final Pattern TRIALS =
      Pattern.compile("_driver_tessera_trials_\\w+_Count\\{[^}]*} (\\d+)");
  private static final Pattern HISTORY =
      Pattern.compile("Bound HistoryServer to \\S+ and started at (http://\\S+)");

  @TempDir private Path folder;

  private SparkFolder spark;

  @BeforeEach
  void unpack() throws IOException {
    spark = SparkFolder.in(folder.resolve("spark"));
  }

  @AfterEach
  void kill() throws IOException {
    spark.close();
  }

  @Test
  void tune_withPagesAndEventLog_canBeWatchedAndLookedAtLater() throws Exception {
    Path events = Files.createDirectory(folder.resolve("events"));
    Path log = folder.resolve("log.json");
    SparkProcess tune = tune(events, log);
    String page = tune.await(SHOWN, LIMIT);
    String counted =
        SparkProcess.await(
            () -> get(page + "/metrics/prometheus/").filter(figures -> count(figures) > 0),
            LIMIT,
            () -> tune.out() + tune.err(),
            () -> tune.handle().isAlive());
    for (String name : List.of("build_seconds", "measure_seconds", "device_busyShare")) {
      assertTrue(
          counted
              .lines()
              .anyMatch(line -> line.matches(".*_tessera_" + name + "_Value.* [\\d.E-]+")),
          counted);
    }
    assertEquals(0, tune.exitCode(LIMIT), tune.out() + tune.err());
    assertFalse(tune.err().contains(" INFO "), tune.err());
    assertLogged(log, Pattern.compile("run (small-\\S+)").matcher(tune.err()));
    assertNamed(history(events));
  }

  private SparkProcess tune(Path events, Path log) throws IOException {
    Path workload =
        Files.writeString(
            folder.resolve("small.yaml"),
            """
            operator: batch_matmul_nn
            extents: {b: 4, m: T, n: 40, k: T}
            variables:
              T: {from: 1, to: 40}
            samples: 6
            budget: {trials: 36, seconds: 300}
            """);
    Path conf = Path.of(System.getProperty("tessera.repository", "..")).resolve("conf");
    String options =
        "-Dlog4j2.configurationFile="
            + conf.resolve("log4j2-json.properties").toAbsolutePath().toUri()
            + " -Dtessera.log="
            + log;
    List<String> words = new ArrayList<>(List.of("--master", "local[2]"));
    words.addAll(List.of("--class", "tessera.job.Tessera", "--driver-java-options", options));
    for (String setting :
        List.of(
            "spark.ui.enabled=true",
            "spark.ui.port=0",
            "spark.eventLog.enabled=true",
            "spark.eventLog.dir=" + events.toUri())) {
      words.addAll(List.of("--conf", setting));
    }
    words.addAll(List.of(ApplicationJar.path().toString(), "tune", workload.toString()));
    words.addAll(List.of("--out", folder.resolve("out").toString()));
    return SparkProcess.start(
        spark.command("spark-submit", words, Map.of()), folder.resolve("tune"));
  }

  /** Trials that ended in any way: on a busy machine most may be noisy. */
  private static int count(String figures) {
    return TRIALS
        .matcher(figures)
        .results()
        .mapToInt(outcome -> Integer.parseInt(outcome.group(1)))
        .sum();
  }

  /** Each trial of the first round has its place, with the run and the round. */
  private static void assertLogged(Path log, Matcher run) throws IOException {
    assertTrue(run.find());
    List<Integer> trials = new ArrayList<>();
    for (String line : Files.readAllLines(log)) {
      JsonNode context = Json.DOCUMENTS.readTree(line).path("context");
      if (context.path("step").asText().equals("round 0") && context.has("trial")) {
        assertEquals(run.group(1), context.path("run").asText());
        assertEquals(trials.size(), context.path("trial").asInt());
        assertFalse(context.path("outcome").asText().isEmpty());
        trials.add(context.path("trial").asInt());
      }
    }
    assertTrue(trials.size() > 4, trials::toString);
  }

  /** The address of a history server that has read a folder of event logs. */
  private String history(Path events) throws Exception {
    String options = "-Dspark.history.ui.port=0 -Dspark.history.fs.logDirectory=" + events.toUri();
    return SparkProcess.start(
            spark.command(
                "spark-class",
                List.of("org.apache.spark.deploy.history.HistoryServer"),
                Map.of("SPARK_HISTORY_OPTS", options)),
            folder.resolve("history"))
        .await(HISTORY, LIMIT);
  }

  private static void assertNamed(String history) throws Exception {
    JsonNode applications =
        SparkProcess.await(
            () ->
                get(history + "/api/v1/applications")
                    .map(ObservedRunTest::json)
                    .filter(list -> list.size() > 0),
            LIMIT,
            () -> "no application is in the history",
            () -> true);
    String id = applications.path(0).path("id").asText();
    List<String> names = new ArrayList<>();
    for (JsonNode job : json(get(history + "/api/v1/applications/" + id + "/jobs").orElseThrow())) {
      names.add(job.path("description").asText());
    }
    for (JsonNode stage :
        json(get(history + "/api/v1/applications/" + id + "/stages").orElseThrow())) {
      assertTrue(names.contains(stage.path("name").asText()), stage.toString());
    }
    for (String name :
        List.of(
            "look for devices",
            "round 0: measure 32 candidates",
            "contest pass 1: time micro-kernels on 6 instances",
            "timing beside the vendors' libraries: build the bundle's library")) {
      assertTrue(names.contains(name), names::toString);
    }
  }

  private static Optional<String> get(String address) {
    try (InputStream answer = URI.create(address).toURL().openStream()) {
      return Optional.of(new String(answer.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static JsonNode json(String text) {
    try {
      return Json.DOCUMENTS.readTree(text);
    } catch (IOException e) {
      throw new IllegalStateException(text, e);
    }
  }
}
