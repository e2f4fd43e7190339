package tessera.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;

final class AccountTest {
  @Test
  void cache_isWhereTheEnvironmentSays() {
    Map<String, String> both = Map.of("XDG_CACHE_HOME", "/fast", "HOME", "/home/a");
    assertEquals(Path.of("/fast/tessera"), Account.cache(both, "/home/b"));
    assertEquals(
        Path.of("/home/a/.cache/tessera"), Account.cache(Map.of("HOME", "/home/a"), "/home/b"));
    assertEquals(Path.of("/home/b/.cache/tessera"), Account.cache(Map.of(), "/home/b"));
  }

  /** Prints how long the name of a home is that is not ASCII. */
  static final class Home {
    public static void main(String[] arguments) {
      System.setProperty("user.home", "/home/\u00fc");
      Account.giveHome();
      System.out.print(System.getProperty("user.home").length());
    }
  }

  @Test
  void giveHome_lettersThatTheLocaleLacks_keepsTheHome(@TempDir Path folder) throws IOException {
    List<String> command = new ArrayList<>(List.of("env", "LC_ALL=C"));
    command.addAll(JavaCommand.of(Home.class).with(Account.class).build());
    assertEquals("7", Subprocess.run(command, folder, Duration.ofSeconds(60)).output());
  }

  @Test
  void cache_relativePaths_areIgnored() {
    Map<String, String> relative = Map.of("XDG_CACHE_HOME", "fast", "HOME", "a");
    assertEquals(Path.of("/home/b/.cache/tessera"), Account.cache(relative, "/home/b"));
  }

  @Test
  void cache_noHomeAtAll_saysWhatToSet() {
    UserError error = assertThrows(UserError.class, () -> Account.cache(Map.of(), "?"));
    assertEquals(
        "there is no folder for the build cache, since this user has no home; set XDG_CACHE_HOME to the absolute path of a writable folder",
        error.getMessage());
  }
}
