package tessera;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class JsonTest {
  record Message(String text) {}

  private static String letters(int count) {
    char[] letters = new char[count];
    Arrays.fill(letters, 'a');
    return new String(letters);
  }

  /** A library for many shapes, in text, is larger than what Jackson reads unless it is told. */
  @Test
  void record_textOf30Million_isWhole() {
    Message message = new Message(letters(30_000_000));
    assertEquals(message, Json.record(Json.line(message), Message.class));
  }

  @Test
  void record_longLineOfSomethingElse_isQuotedInPart() {
    String line = "[\"" + letters(1000) + "\"]";
    String said =
        assertThrows(IllegalStateException.class, () -> Json.record(line, Message.class))
            .getMessage();
    assertEquals("no Message: [\"" + letters(198) + "... (1004 characters)", said);
  }
}
