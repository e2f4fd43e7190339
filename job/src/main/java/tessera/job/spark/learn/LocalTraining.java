package tessera.job.spark.learn;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.config.builder.impl.BuiltConfiguration;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;
import tessera.cost.BoostedTrees;
import tessera.job.storage.HadoopUser;

/**
 * A Spark that trains alone, on one thread of this process. {@link DriverTrainer} loads this class
 * and Spark's a second time, beside those of a cluster's driver, and talks to it by types of the
 * JDK.
 */
public final class LocalTraining implements Function<Object[], Object[]>, AutoCloseable {
  private final SparkContext context;
  private final SessionTrainer trainer;

  /**
   * @param settings of Spark
   */
  public LocalTraining(Map<String, String> settings) {
    silence();
    HadoopUser.name();
    SparkConf conf = new SparkConf(false).setMaster("local[1]").setAppName("tessera-training");
    settings.forEach(conf::set);
    context = new SparkContext(conf);
    trainer = new SessionTrainer(SparkSession.builder().sparkContext(context).getOrCreate());
  }

  /**
   * Log4j, which is loaded a second time too, writes nothing: failures reach whoever trains, and
   * the files of a user's configuration are open already.
   */
  private static void silence() {
    Configurator.initialize(silent());
    new SparkConf(false).initializeLogIfNecessary(false, true); // sets its own where there is none
    Configurator.reconfigure(silent());
  }

  private static Configuration silent() {
    ConfigurationBuilder<BuiltConfiguration> builder =
        ConfigurationBuilderFactory.newConfigurationBuilder();
    return builder.add(builder.newRootLogger(Level.OFF)).build();
  }

  /** The examples and rounds of {@link Trainer#fit}. */
  static Object[] request(List<Trainer.Example> examples, int rounds) {
    return new Object[] {
      examples.stream().mapToDouble(Trainer.Example::label).toArray(),
      examples.stream().map(Trainer.Example::features).toArray(double[][]::new),
      examples.stream().mapToDouble(Trainer.Example::weight).toArray(),
      rounds
    };
  }

  /**
   * @param request as {@link #request} makes it
   * @return what {@link #fitted} reads
   */
  @Override
  public Object[] apply(Object[] request) {
    double[] labels = (double[]) request[0];
    double[][] features = (double[][]) request[1];
    double[] weights = (double[]) request[2];
    List<Trainer.Example> examples =
        IntStream.range(0, labels.length)
            .mapToObj(i -> new Trainer.Example(labels[i], features[i], weights[i]))
            .toList();
    Trainer.Fitted fitted = trainer.fit(examples, (int) request[3]);
    BoostedTrees trees = fitted.trees();
    return new Object[] {
      trees.roots(),
      trees.weights(),
      trees.feature(),
      trees.threshold(),
      trees.left(),
      trees.right(),
      fitted.importance()
    };
  }

  static Trainer.Fitted fitted(Object[] reply) {
    BoostedTrees trees =
        new BoostedTrees(
            (int[]) reply[0],
            (double[]) reply[1],
            (int[]) reply[2],
            (double[]) reply[3],
            (int[]) reply[4],
            (int[]) reply[5]);
    return new Trainer.Fitted(trees, (double[]) reply[6]);
  }

  @Override
  public void close() {
    context.stop();
  }
}
