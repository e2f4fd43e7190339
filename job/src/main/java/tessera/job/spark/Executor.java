package tessera.job.spark;

import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockManagerId;

/** One executor of the cluster; the embedded Spark has one, which is the driver. */
record Executor(String id, String host) {
  /** The one that this process is. */
  static Executor here() {
    return of(SparkEnv.get().blockManager().blockManagerId());
  }

  static Executor of(BlockManagerId manager) {
    return new Executor(manager.executorId(), manager.host());
  }

  /** As Spark writes it where tasks prefer it. */
  String location() {
    return "executor_" + host + "_" + id;
  }

  @Override
  public String toString() {
    return "executor " + id + " on " + host;
  }
}
