package tessera.job.spark.watch;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.spark.SparkConf;
import tessera.Json;

/**
 * The web pages of a standalone master and its workers, where they can be reached: what workers
 * have to give, and what an executor wrote before it died. The port of the master's page is what
 * {@code spark.master.ui.port} says.
 */
final class StandalonePages {
  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final String DEFAULT_PORT = "8080";

  /** Lines of an executor's output that do not say why it ended. */
  private static final String IDLE =
      "\\s*|\\s+at .*|=+.*|Spark Executor Command:.*|Using Spark's default.*|WARNING: .*|Picked up .*"
          + "|.*\\b(INFO|WARN|DEBUG)\\b.*";

  private static final String LOG_PREFIX = "^[\\d/:. -]+ ERROR (\\w+: )?";
  private static final int MOST_LINES = 2;
  private static final int MOST_LETTERS = 240;

  private final SparkConf conf;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(LIMIT).build();

  StandalonePages(SparkConf conf) {
    this.conf = conf;
  }

  /** The workers that are alive, as the master describes them; empty where no page answers. */
  Optional<List<JsonNode>> workers() {
    return Masters.hosts(conf.get("spark.master")).stream()
        .map(host -> "http://" + host + ":" + conf.get("spark.master.ui.port", DEFAULT_PORT))
        .flatMap(page -> get(page + "/json/").stream())
        .flatMap(text -> json(text).stream())
        .filter(state -> state.path("status").asText().equals("ALIVE"))
        .findFirst()
        .map(state -> StreamSupport.stream(state.path("workers").spliterator(), false))
        .map(all -> all.filter(w -> w.path("state").asText().equals("ALIVE")).toList());
  }

  /** What an executor said at last, in a line; empty where its worker's page does not answer. */
  Optional<String> lastWords(ClusterEvents.Death death) {
    List<String> pages =
        workers().stream()
            .flatMap(List::stream)
            .filter(worker -> worker.path("id").asText().equals(death.worker()))
            .map(worker -> worker.path("webuiaddress").asText())
            .toList();
    // a Java that cannot start says so on its standard output
    return Stream.of("stderr", "stdout")
        .flatMap(stream -> pages.stream().map(page -> log(page, death, stream)))
        .flatMap(address -> get(address).stream())
        .map(StandalonePages::telling)
        .filter(line -> !line.isEmpty())
        .findFirst();
  }

  private static String log(String worker, ClusterEvents.Death death, String stream) {
    return worker
        + "/log/?appId="
        + URLEncoder.encode(death.application(), StandardCharsets.UTF_8)
        + "&executorId="
        + URLEncoder.encode(death.id(), StandardCharsets.UTF_8)
        + "&logType="
        + stream;
  }

  /** The first lines of an executor's output that say what went wrong. */
  static String telling(String log) {
    String words =
        log.lines()
            .filter(line -> !line.matches(IDLE))
            .map(line -> line.replaceAll(LOG_PREFIX, "").strip())
            .limit(MOST_LINES)
            .collect(Collectors.joining(", "));
    return words.substring(0, Math.min(MOST_LETTERS, words.length()));
  }

  private Optional<String> get(String address) {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(address)).timeout(LIMIT).build();
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() == 200 ? Optional.of(answer.body()) : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Optional<JsonNode> json(String text) {
    try {
      return Optional.of(Json.DOCUMENTS.readTree(text));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
