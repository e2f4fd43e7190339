package tessera.job.spark.trace;

import tessera.job.storage.HadoopPlaces;
import tessera.storage.Place;

/** Files as Spark names them. */
final class SparkFiles {
  private SparkFiles() {}

  /** A place to read for Spark, which takes some characters for wildcards. */
  static String pattern(Place place) {
    return HadoopPlaces.name(place).replaceAll("[\\\\{}\\[\\]*?]", "\\\\$0");
  }
}
