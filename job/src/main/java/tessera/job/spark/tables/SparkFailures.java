package tessera.job.spark.tables;

import java.net.URI;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tessera.UserError;
import tessera.storage.Place;

/** What Spark's exceptions say to people. */
public final class SparkFailures {
  private static final String CLASS_NAMES = "(?:[a-z]\\w*\\.)+[A-Z]\\w*(?:Exception|Error): *";
  private static final String SPARKS_CODE = "^\\[[A-Z_.0-9]+\\] *| *SQLSTATE: \\w+$";

  /** A file that is no Parquet or ends too early, in the words of Spark's errors. */
  private static final Pattern UNREADABLE =
      Pattern.compile(
          "\\[(?:FAILED_READ_FILE|CANNOT_READ_FILE_FOOTER)\\S*] .*?\\b([a-z0-9]+:/\\S*\\.parquet)");

  private SparkFailures() {}

  /**
   * Reads of a run's log.
   *
   * @throws UserError naming the file that is damaged
   */
  static <T> T reading(Supplier<T> rows) {
    try {
      return rows.get();
    } catch (Exception e) {
      for (Throwable at = e; at != null; at = at.getCause()) {
        Matcher unreadable = UNREADABLE.matcher(String.valueOf(at.getMessage()));
        if (unreadable.find()) {
          throw damaged(Place.of(URI.create(unreadable.group(1))).toString());
        }
      }
      throw e;
    }
  }

  /**
   * @param part of a run's log: a file, or the folder of a table
   */
  static UserError damaged(String part) {
    return new UserError(
        part
            + " is damaged; remove the folder of its round, and tune --resume goes on from the round before");
  }

  /** The first line of the innermost message, without names of classes and codes of errors. */
  public static String reason(Throwable failure) {
    String reason = "it is damaged";
    for (Throwable at = failure; at != null; at = at.getCause()) {
      String line = String.valueOf(at.getMessage()).lines().findFirst().orElse("");
      String words = line.replaceAll(CLASS_NAMES, "").replaceAll(SPARKS_CODE, "").strip();
      if (at.getMessage() != null && !words.isEmpty()) {
        reason = words;
      }
    }
    return UserError.shortened(reason);
  }
}
