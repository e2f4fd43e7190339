package tessera.job.run;

import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;

/** Says a sentence, and nothing else, when the process is stopped before some work is done. */
public final class Interruption implements AutoCloseable {
  private final AtomicBoolean done = new AtomicBoolean();

  /**
   * @param sentence on what is lost and what is not
   */
  public Interruption(PrintStream to, String sentence) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (!done.get()) {
                    silence();
                    to.println("\n" + sentence);
                  }
                }));
  }

  /** What Spark's parts say while they are stopped in the middle of their work. */
  private static void silence() {
    Configurator.setAllLevels(LogManager.ROOT_LOGGER_NAME, Level.OFF);
  }

  /** The work is done, unless it ends because the process is being stopped. */
  @Override
  public void close() {
    if (!isUnderWay()) {
      done.set(true);
    }
  }

  /** Whether the process is being stopped, so that what fails now fails because of that. */
  public static boolean isUnderWay() {
    Thread probe = new Thread();
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
      return false;
    } catch (IllegalStateException stopping) {
      return true;
    }
  }
}
