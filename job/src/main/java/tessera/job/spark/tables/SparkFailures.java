package tessera.job.spark.tables;

import tessera.UserError;

/** What Spark's exceptions say to people. */
public final class SparkFailures {
  private static final String SPARKS_CODE = "^\\[[A-Z_.0-9]+\\] *| *SQLSTATE: \\w+$";

  private SparkFailures() {}

  /** The first line of the innermost message, without names of classes and codes of errors. */
  public static String reason(Throwable failure) {
    String reason = "it is damaged";
    for (Throwable at = failure; at != null; at = at.getCause()) {
      String line = UserError.words(String.valueOf(at.getMessage()));
      String words = line.replaceAll(SPARKS_CODE, "").strip();
      if (at.getMessage() != null && !words.isEmpty()) {
        reason = words;
      }
    }
    return UserError.shortened(reason);
  }
}
