package tessera.job.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.junit.jupiter.api.Test;
import tessera.EnvironmentFault;
import tessera.job.records.Onlooker;
import tessera.workload.Budget;

final class InterruptionTest {
  private static final Logger SPARK = LogManager.getLogger("org.apache.spark.Made.Up");

  /** A process that ends in the middle of its work, of which parts complain then. */
  public static void main(String[] arguments) {
    CountDownLatch said = new CountDownLatch(1);
    PrintStream console =
        new PrintStream(System.err, true, StandardCharsets.UTF_8) {
          @Override
          public void println(String text) {
            super.println(text);
            said.countDown();
          }
        };
    Progress progress =
        new Progress(console, true, new Budget(1, 1), System.nanoTime(), Onlooker.NONE);
    SPARK.error("before");
    new Interruption(console, "stopped: go on with this");
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    said.await();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                  SPARK.error("a task is rejected", new IllegalStateException());
                  progress.remark("all of the first 8 micro-kernels failed: killed");
                  progress.end();
                  roundEnds(console);
                }));
    System.exit(3);
  }

  private static void roundEnds(PrintStream console) {
    try {
      Search.refuseKilled();
      console.println("what was killed counts as measured");
    } catch (EnvironmentFault e) {
      // and the round is no part of the log
    }
  }

  @Test
  void stopped_inTheMiddle_saysTheSentenceAlone() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                InterruptionTest.class.getName())
            .redirectErrorStream(true)
            .start();
    List<String> said;
    try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
      said = lines.lines().toList();
    }
    assertEquals(3, process.waitFor());
    assertEquals("ERROR Up: before", said.get(0).substring("00:00:00 ".length()));
    assertEquals(List.of("", "stopped: go on with this"), said.subList(1, said.size()));
  }
}
