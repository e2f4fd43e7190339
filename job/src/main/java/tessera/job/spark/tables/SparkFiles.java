package tessera.job.spark.tables;

import tessera.job.storage.HadoopPlaces;
import tessera.storage.Place;

/** Files and folders as Spark names them. */
public final class SparkFiles {
  private SparkFiles() {}

  /** A place to read for Spark, which takes some characters for wildcards. */
  public static String pattern(Place place) {
    return HadoopPlaces.name(place).replaceAll("[\\\\{}\\[\\]*?]", "\\\\$0");
  }
}
