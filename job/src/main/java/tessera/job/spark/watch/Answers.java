package tessera.job.spark.watch;

import java.io.Serializable;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import scala.Function1;
import scala.Function2;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;
import scala.runtime.BoxedUnit;

/** The answers of a job as they come in, so that one that is cancelled has not done all in vain. */
final class Answers {
  /** What a task does: it has one request, which is answered as it is read. */
  private interface First extends Function1<Iterator<String>, String>, Serializable {}

  private Answers() {}

  /**
   * @param answers gets each by the place of its request
   */
  static Void collect(
      SparkContext context, JavaRDD<String> requests, Map<Integer, String> answers) {
    First task = Iterator::next;
    Function2<Object, String, BoxedUnit> came =
        (place, answer) -> {
          answers.put((Integer) place, answer);
          return BoxedUnit.UNIT;
        };
    context.runJob(requests.rdd(), task, came, ClassTag$.MODULE$.apply(String.class));
    return null;
  }
}
