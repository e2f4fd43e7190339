package tessera.job.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.junit.jupiter.api.Test;
import tessera.job.spark.watch.ClusterWatch;
import tessera.measure.Deadline;

final class RequestTest {
  private static final double TIME = 60;
  private static final double FIRST = 0.5;

  /** How much time a task is told of; the first keeps the only thread for a while. */
  private static double[] told() {
    SparkConf conf =
        new SparkConf()
            .set("spark.master", "local[1]")
            .set("spark.app.name", "test")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.host", "localhost")
            .set("spark.driver.bindAddress", "127.0.0.1")
            .set("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
            .set("spark.kryo.registrator", TesseraKryo.class.getName());
    try (ClusterWatch watch =
        ClusterWatch.start("local[1]", Duration.ofMinutes(1), () -> new SparkContext(conf))) {
      return new SparkJobs(watch)
              .ask(
                  "ask",
                  Deadline.in(TIME),
                  Duration.ofMinutes(1),
                  List.of("a", "b"),
                  List.of(List.of(), List.of()),
                  List::of,
                  RequestTest::answer)
              .answers()
              .stream()
              .mapToDouble(answer -> answer.orElseThrow().record(Double.class).orElseThrow())
              .toArray();
    }
  }

  private static Answer answer(Request request) throws InterruptedException {
    double left = request.until().secondsLeft();
    Thread.sleep((long) (1e3 * FIRST));
    return Answer.done(left);
  }

  @Test
  void until_ofATaskThatWaitedForItsTurn_isWhatIsLeftWhenItBegins() {
    double[] told = told();
    assertEquals(2, told.length);
    assertTrue(told[0] < TIME, told[0] + " s for the first");
    assertTrue(told[1] < TIME - FIRST, told[1] + " s for the second");
  }
}
