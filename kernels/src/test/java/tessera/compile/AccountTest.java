package tessera.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tessera.workload.UserError;

final class AccountTest {
  @Test
  void cache_isWhereTheEnvironmentSays() {
    Map<String, String> both = Map.of("XDG_CACHE_HOME", "/fast", "HOME", "/home/a");
    assertEquals(Path.of("/fast/tessera"), Account.cache(both, "/home/b"));
    assertEquals(
        Path.of("/home/a/.cache/tessera"), Account.cache(Map.of("HOME", "/home/a"), "/home/b"));
    assertEquals(Path.of("/home/b/.cache/tessera"), Account.cache(Map.of(), "/home/b"));
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
