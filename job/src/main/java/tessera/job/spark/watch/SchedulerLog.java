package tessera.job.spark.watch;

import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/**
 * Listens to what Spark's schedulers log. An executor that dies before it registers, a master that
 * is gone and the reason why an application was killed are no events of Spark's listeners: they are
 * in its log alone. What is shown of the log stays as it was.
 */
final class SchedulerLog extends AbstractAppender {
  /** Who says something of the cluster, and from what level on. */
  private static final Map<String, Level> SPEAKERS =
      Map.of(
          "org.apache.spark.deploy.client", Level.INFO,
          "org.apache.spark.deploy.yarn", Level.WARN,
          "org.apache.spark.scheduler.cluster", Level.WARN);

  private final LoggerConfig former;
  private final BiConsumer<Level, String> heard;

  private SchedulerLog(String speaker, LoggerConfig former, BiConsumer<Level, String> heard) {
    super("tessera-" + speaker, null, null, true, Property.EMPTY_ARRAY);
    this.former = former;
    this.heard = heard;
  }

  /**
   * Begins to listen. Under another library than Log4j, which no Spark has, there is nothing to
   * hear.
   *
   * @param heard level and text of each line
   */
  static void listen(BiConsumer<Level, String> heard) {
    if (LogManager.getContext(false) instanceof LoggerContext context) {
      SPEAKERS.forEach((speaker, level) -> listen(context, speaker, level, heard));
      context.updateLoggers();
    }
  }

  private static void listen(
      LoggerContext context, String speaker, Level level, BiConsumer<Level, String> heard) {
    Configuration configuration = context.getConfiguration();
    LoggerConfig former = configuration.getLoggerConfig(speaker);
    if (former.getAppenders().get("tessera-" + speaker) instanceof SchedulerLog earlier) {
      former = earlier.former; // of an earlier session of this process
    }
    configuration.removeLogger(speaker);
    SchedulerLog log = new SchedulerLog(speaker, former, heard);
    log.start();
    Level least = level.isLessSpecificThan(former.getLevel()) ? level : former.getLevel();
    LoggerConfig own = new LoggerConfig(speaker, least, false);
    own.addAppender(log, Level.ALL, null);
    configuration.addLogger(speaker, own);
  }

  @Override
  public void append(LogEvent event) {
    heard.accept(event.getLevel(), event.getMessage().getFormattedMessage());
    if (event.getLevel().isMoreSpecificThan(former.getLevel())) {
      former.log(event);
    }
  }
}
