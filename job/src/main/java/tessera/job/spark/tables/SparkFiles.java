package tessera.job.spark.tables;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FSError;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import tessera.compile.DiskFiles;

/** Tables on this machine's disk, as Spark names and writes them. */
public final class SparkFiles {
  private SparkFiles() {}

  /** A path to read for Spark, which takes some characters for wildcards. */
  public static String pattern(Path path) {
    return name(path).replaceAll("[\\\\{}\\[\\]*?]", "\\\\$0");
  }

  /** A path to write for Spark, which would take the escapes of a URI for letters of a name. */
  private static String name(Path path) {
    return new org.apache.hadoop.fs.Path("file", null, path.toAbsolutePath().toString()).toString();
  }

  /**
   * Writes a table of one Parquet file in place of what was there.
   *
   * @param folder of the table; nothing is left of it where it cannot be written
   * @throws IOException where the disk refuses
   */
  static void write(SparkSession spark, List<Row> rows, StructType schema, Path folder)
      throws IOException {
    try {
      spark
          .createDataFrame(rows, schema)
          .coalesce(1)
          .write()
          .mode(SaveMode.Overwrite)
          .parquet(name(folder));
    } catch (Exception | FSError e) {
      // Scala declares no exceptions: IOException comes as it is, or inside those of Spark
      Optional<IOException> refusal = refusal(e);
      if (refusal.isPresent()) {
        DiskFiles.delete(folder);
        throw refusal.get();
      }
      throw e;
    }
  }

  private static Optional<IOException> refusal(Throwable failure) {
    Optional<IOException> innermost = Optional.empty();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException refused) {
        innermost = Optional.of(refused);
      }
    }
    return innermost;
  }
}
