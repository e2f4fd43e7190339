package tessera.job.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import tessera.Json;

/** Records between driver and executors travel as JSON text, which every serialiser takes. */
final class Wire {
  private Wire() {}

  static String write(Object record) {
    try {
      return Json.MESSAGES.writeValueAsString(record);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + record, e);
    }
  }

  static <T> T read(String text, Class<T> type) {
    try {
      return Json.MESSAGES.readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not a " + type.getSimpleName() + ": " + text, e);
    }
  }
}
