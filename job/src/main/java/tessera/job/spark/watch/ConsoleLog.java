package tessera.job.spark.watch;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.SparkConf;

/**
 * What of Spark's log is on the console. Where spark-submit has no configuration of the user's, it
 * comes with one of its own, which shows every step of Spark: Tessera's takes its place.
 */
public final class ConsoleLog {
  private static final String SPARKS_OWN = "org/apache/spark/log4j2-";
  private static final URL OURS = ConsoleLog.class.getResource("/log4j2.properties");

  /** What the parts of Spark send each other. */
  private static final String MESSAGES = "org.apache.spark.rpc.netty.Inbox";

  private ConsoleLog() {}

  /** Leaves a configuration that the user gave as it is. */
  public static void quieten() {
    // or Spark, which has not logged yet, would take ours for none and set its own
    new SparkConf(false).initializeLogIfNecessary(false, true);
    if (LogManager.getContext(false) instanceof LoggerContext context
        && isSparksOwn(context.getConfiguration().getConfigurationSource())) {
      context.setConfigLocation(uri(OURS));
    }
  }

  /** Stops Spark, whose parts end in any order: a message to one that has ended is no error. */
  static void duringStop(Runnable stop) {
    boolean ours =
        LogManager.getContext(false) instanceof LoggerContext context
            && isOurs(context.getConfiguration().getConfigurationSource());
    if (!ours) {
      stop.run();
      return;
    }
    Configurator.setLevel(MESSAGES, Level.OFF);
    try {
      stop.run();
    } finally {
      Configurator.setLevel(MESSAGES, Level.ERROR);
    }
  }

  private static boolean isOurs(ConfigurationSource source) {
    return uri(OURS).equals(source.getURI());
  }

  private static boolean isSparksOwn(ConfigurationSource source) {
    return String.valueOf(source.getLocation()).contains(SPARKS_OWN);
  }

  private static URI uri(URL resource) {
    try {
      return resource.toURI();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
