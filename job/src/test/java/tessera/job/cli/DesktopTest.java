package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class DesktopTest {
  private static boolean start(String script) {
    return Desktop.start(List.of("sh", "-c", script));
  }

  @Test
  void start_ofAProgram_isWhetherItEndsWellOrGoesOn() {
    assertTrue(start("exit 0"));
    assertFalse(start("exit 3"));
    assertTrue(start("sleep 10; exit 3"));
    assertFalse(Desktop.start(List.of("no-such-program")));
  }

  @Test
  void start_ofAProgram_givesItTheWholeEnvironment() {
    String allAreSet =
        System.getenv().keySet().stream()
            .filter(name -> name.matches("[A-Za-z]\\w*"))
            .map(name -> "test -n \"${" + name + "+set}\"")
            .collect(Collectors.joining(" && "));
    assertTrue(start(allAreSet), allAreSet);
    assertFalse(start(allAreSet + " && test -n \"${NO_SUCH_VARIABLE_OF_TESSERA+set}\""));
  }
}
