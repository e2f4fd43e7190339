package tessera.job.storage;

import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/**
 * How Hadoop's clients are set: as Hadoop's files on the class path and Spark's properties {@code
 * spark.hadoop.*} say, and where neither does, so that storage that does not answer is given up
 * within a minute instead of many. S3 is read by the plain stream: the one for analytics logs each
 * file that is not there.
 */
public final class ClientSettings {
  private static final String SPARKS = "spark.hadoop.";

  private static final Map<String, String> OWN =
      Map.ofEntries(
          Map.entry("ipc.client.connect.timeout", "5000"),
          Map.entry("ipc.client.connect.max.retries", "2"),
          Map.entry("ipc.client.connect.max.retries.on.timeouts", "1"),
          Map.entry("ipc.client.rpc-timeout.ms", "30000"),
          Map.entry("dfs.client.failover.max.attempts", "4"),
          Map.entry("dfs.client.socket-timeout", "20000"),
          Map.entry("dfs.datanode.socket.write.timeout", "20000"),
          Map.entry("fs.s3a.input.stream.type", "classic"),
          Map.entry("fs.s3a.attempts.maximum", "2"),
          Map.entry("fs.s3a.retry.limit", "3"),
          Map.entry("fs.s3a.connection.establish.timeout", "5s"),
          Map.entry("fs.s3a.connection.timeout", "20s"),
          Map.entry("fs.s3a.connection.request.timeout", "30s"));

  private ClientSettings() {}

  /** Those of this process, at the time of the call. */
  static Configuration configuration() {
    Configuration configuration = new Configuration();
    System.getProperties()
        .forEach(
            (name, value) -> {
              if (name.toString().startsWith(SPARKS)) {
                configuration.set(name.toString().substring(SPARKS.length()), value.toString());
              }
            });
    own(configuration).forEach(configuration::set);
    return configuration;
  }

  /** Spark's properties for what nobody set. */
  public static Map<String, String> forSpark() {
    Map<String, String> properties = new TreeMap<>();
    own(new Configuration()).forEach((name, value) -> properties.put(SPARKS + name, value));
    return properties;
  }

  private static Map<String, String> own(Configuration configuration) {
    Map<String, String> own = new TreeMap<>(OWN);
    own.keySet().removeIf(name -> isSet(configuration, name));
    return own;
  }

  /** Whether someone said it, and not Hadoop's own defaults. */
  private static boolean isSet(Configuration configuration, String name) {
    String[] sources = configuration.getPropertySources(name);
    return sources != null
        && sources.length > 0
        && !sources[sources.length - 1].endsWith("-default.xml");
  }
}
