package tessera.job.spark;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import tessera.compile.TemporaryFiles;
import tessera.job.spark.watch.ClusterWatch;
import tessera.job.spark.watch.ConsoleLog;
import tessera.job.storage.ClientSettings;
import tessera.job.storage.HadoopUser;

/**
 * Starts Spark: where spark-submit or a property names a master, there; else embedded, on this
 * machine's cores.
 */
public final class Sessions {
  /** A value of OMP_NUM_THREADS that limits nothing. */
  private static final String ALL_CORES = "";

  /** Tables are small: code that is generated for them takes longer than it saves. */
  private static final Map<String, String> COMMON =
      Map.of(
          "spark.ui.enabled", "false",
          "spark.ui.showConsoleProgress", "false",
          "spark.sql.shuffle.partitions", "1",
          "spark.default.parallelism", "1",
          "spark.sql.codegen.factoryMode", "NO_CODEGEN",
          "spark.sql.codegen.wholeStage", "false",
          "spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir") + "/tessera-warehouse");

  private static final String LOCAL_FOLDERS = "spark.local.dir";

  /** No other host talks to it. */
  private static final Map<String, String> LOCAL =
      Map.of("spark.driver.host", "localhost", "spark.driver.bindAddress", "127.0.0.1");

  private Sessions() {}

  /**
   * @throws tessera.UserError where Spark would have no room for its files
   */
  public static SparkSession start() {
    return SparkSession.builder().config(configuration()).getOrCreate();
  }

  /**
   * Starts Spark and what watches over it.
   *
   * @param wait the longest to wait for the cluster, and then for executors
   * @throws tessera.EnvironmentFault where the cluster does not answer
   */
  static ClusterWatch watched(Duration wait) {
    SparkConf conf = configuration();
    return ClusterWatch.start(
        conf.get("spark.master"),
        wait,
        () -> SparkSession.builder().config(conf).getOrCreate().sparkContext());
  }

  /**
   * Settings of a Spark that trains in this process, beside that of a cluster.
   *
   * @param cluster the settings of that one
   */
  static Map<String, String> ofTraining(SparkConf cluster) {
    Map<String, String> settings = new HashMap<>(COMMON);
    settings.putAll(LOCAL);
    settings.put("spark.authenticate", "true");
    settings.put("spark.metrics.conf", "/dev/null"); // a user's file is for the cluster's
    // a process can set it once
    settings.put("spark.sql.defaultUrlStreamHandlerFactory.enabled", "false");
    if (cluster.contains(LOCAL_FOLDERS)) {
      settings.put(LOCAL_FOLDERS, cluster.get(LOCAL_FOLDERS));
    }
    return settings;
  }

  private static SparkConf configuration() {
    ConsoleLog.quieten();
    TemporaryFiles.check();
    HadoopUser.name();
    SparkConf conf = new SparkConf();
    conf.setIfMissing("spark.master", "local[*]");
    conf.setIfMissing("spark.app.name", "tessera");
    COMMON.forEach(conf::setIfMissing);
    // else Spark sets it to spark.task.cpus, and operators would be tuned for that many threads
    conf.setIfMissing(
        "spark.executorEnv.OMP_NUM_THREADS", conf.get("spark.executor.cores", ALL_CORES));
    // a task that asks for some hardware waits for an executor that has it
    conf.setIfMissing("spark.locality.wait.process", "10min");
    // a copy of a task that times would cost another device the time, and its answer is thrown away
    conf.set("spark.speculation", "false");
    if (conf.get("spark.master").startsWith("local")) {
      LOCAL.forEach(conf::setIfMissing);
    }
    // the driver's own jobs need not wait for all that is to be measured
    conf.setIfMissing("spark.scheduler.mode", "FAIR");
    // figures at /metrics/prometheus where the user interface is on
    conf.setIfMissing(
        "spark.metrics.conf.*.sink.prometheusServlet.class",
        "org.apache.spark.metrics.sink.PrometheusServlet");
    conf.setIfMissing("spark.metrics.conf.*.sink.prometheusServlet.path", "/metrics/prometheus");
    ClientSettings.forSpark().forEach(conf::setIfMissing);
    conf.set("spark.serializer", "org.apache.spark.serializer.KryoSerializer");
    conf.set("spark.kryo.registrator", TesseraKryo.class.getName());
    return conf;
  }
}
