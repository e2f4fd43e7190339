package tessera.job.spark.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.junit.jupiter.api.Test;

/** What is on the console while Spark stops. */
final class ConsoleLogTest {
  @Test
  void duringStop_messageToAPartThatHasEnded_isNotShown() {
    Logger messages = LogManager.getLogger("org.apache.spark.rpc.netty.Inbox");
    Logger others = LogManager.getLogger("org.apache.spark.SparkContext");
    List<Level> levels = new ArrayList<>();
    Runnable stop = () -> levels.addAll(List.of(messages.getLevel(), others.getLevel()));
    ConsoleLog.duringStop(stop);
    stop.run();
    assertEquals(List.of(Level.OFF, Level.ERROR, Level.ERROR, Level.ERROR), levels);
  }
}
