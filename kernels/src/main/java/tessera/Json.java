package tessera;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/** The one way in which JSON is written and read: records, by their components alone. */
public final class Json {
  /** For messages between processes, on one line; a library in one of them can be large. */
  public static final ObjectMapper MESSAGES =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  .build())
          .setVisibility(PropertyAccessor.IS_GETTER, JsonAutoDetect.Visibility.NONE);

  /** Of a line that cannot be read, in the message that says so. */
  private static final int MOST_QUOTED = 200;

  /** For the files of runs and bundles, which people read too. */
  public static final ObjectMapper DOCUMENTS =
      MESSAGES
          .copy()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);

  private static final int MOST_DEPTH = 64;
  private static final int MOST_DIGITS = 64;

  /**
   * For files that others may have written: depth and numbers have limits, no name is given twice,
   * and nothing follows.
   */
  public static final ObjectMapper FOREIGN =
      DOCUMENTS
          .copyWith(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MOST_DEPTH)
                          .maxNumberLength(MOST_DIGITS)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  /** A record on one line. */
  public static String line(Object record) {
    try {
      return MESSAGES.writeValueAsString(record);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + record, e);
    }
  }

  /** The record of a {@link #line}. */
  public static <T> T record(String line, Class<T> type) {
    try {
      return MESSAGES.readValue(line, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("no " + type.getSimpleName() + ": " + beginning(line), e);
    }
  }

  private static String beginning(String line) {
    return line.length() <= MOST_QUOTED
        ? line
        : line.substring(0, MOST_QUOTED) + "... (" + line.length() + " characters)";
  }
}
