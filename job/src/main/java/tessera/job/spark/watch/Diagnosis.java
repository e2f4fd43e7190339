package tessera.job.spark.watch;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;

/** Why a run has no executors, as far as its cluster tells. */
final class Diagnosis {
  private static final String GPUS = "spark.executor.resource.gpu.amount";

  private final SparkConf conf;
  private final ClusterEvents events;
  private final StandalonePages pages;

  Diagnosis(SparkConf conf, ClusterEvents events) {
    this.conf = conf;
    this.events = events;
    this.pages = new StandalonePages(conf);
  }

  /** Why there is none, after some seconds without one. */
  String ofNone(long seconds) {
    if (events.hasRegistered()) {
      return "all executors were lost and no other came within " + seconds + " s" + lost();
    }
    if (events.deaths() > 0) {
      return events.deaths()
          + " executors started and died within "
          + seconds
          + " s before they could work"
          + lost();
    }
    return "no executor came within "
        + seconds
        + " s"
        + gone()
            .or(this::shortage)
            .or(() -> events.complaint().map(line -> ": " + line))
            .orElseGet(() -> ": each asks " + master() + " for " + demand());
  }

  /** What the last one died of, and whether the master is there to start others. */
  private String lost() {
    String death =
        events
            .lastDeath()
            .map(last -> ": " + last.reason() + pages.lastWords(last).map(w -> ", " + w).orElse(""))
            .orElse("");
    return death + gone().orElse("");
  }

  private Optional<String> gone() {
    return events.disconnected().map(line -> ": the master is gone (" + line + ")");
  }

  /** Why an executor, by Spark's id of it, that died in a task ended. */
  String ofDeath(String id, String reason) {
    return reason
        + events
            .lastDeath()
            .filter(last -> last.id().equals(id))
            .flatMap(pages::lastWords)
            .map(words -> ", " + words)
            .orElse("");
  }

  /** Why Spark stopped altogether. */
  String ofStop() {
    return events.killed().or(events::complaint).orElse("its log says why");
  }

  /** What no worker has, as the master's page tells it. */
  private Optional<String> shortage() {
    return pages
        .workers()
        .map(
            workers ->
                workers.isEmpty()
                    ? ": " + master() + " has no workers"
                    : ": each asks for "
                        + demand()
                        + ", and "
                        + master()
                        + " has "
                        + free(workers)
                        + "; ask for less with "
                        + settings());
  }

  private String master() {
    return conf.get("spark.master");
  }

  /** What an executor asks for. */
  private String demand() {
    List<String> parts = new ArrayList<>();
    parts.add(conf.get("spark.executor.memory", "1g") + " of memory");
    conf.getOption("spark.executor.cores").foreach(cores -> parts.add(count(cores, "core")));
    conf.getOption(GPUS).foreach(gpus -> parts.add(count(gpus, "GPU")));
    return listed(parts);
  }

  /** By which it asks for so much. */
  private String settings() {
    List<String> names = new ArrayList<>(List.of("spark.executor.memory", "spark.executor.cores"));
    conf.getOption(GPUS).foreach(gpus -> names.add(GPUS));
    return listed(names);
  }

  private static String free(List<JsonNode> workers) {
    return listed(workers.stream().limit(3).map(Diagnosis::free).toList())
        + (workers.size() > 3 ? ", and " + (workers.size() - 3) + " more workers" : "");
  }

  private static String free(JsonNode worker) {
    int gpus = worker.path("resourcesfree").path("gpu").path("addresses").size();
    return "a worker on "
        + worker.path("host").asText()
        + " with "
        + worker.path("memoryfree").asLong()
        + "m, "
        + count(worker.path("coresfree").asText(), "core")
        + " and "
        + count(Integer.toString(gpus), "GPU")
        + " free";
  }

  private static String count(String number, String what) {
    return number + " " + what + (number.equals("1") ? "" : "s");
  }

  private static String listed(List<String> parts) {
    int last = parts.size() - 1;
    return last == 0
        ? parts.get(0)
        : String.join(", ", parts.subList(0, last)) + " and " + parts.get(last);
  }
}
