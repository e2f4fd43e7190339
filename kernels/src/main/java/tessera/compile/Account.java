package tessera.compile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tessera.UserError;

/** The user that this process runs as, who in a container may have neither a name nor a home. */
public final class Account {
  /** Java's word for a name or home that the system does not know. */
  private static final String UNKNOWN = "?";

  /** As Java has it from the list of users. */
  private static final String HOME = System.getProperty("user.home", UNKNOWN);

  private Account() {}

  /** Whether the system has a name for the user. */
  public static boolean isNamed() {
    return !System.getProperty("user.name", UNKNOWN).equals(UNKNOWN);
  }

  /** The user's name, or the number where there is no name. */
  public static String name() {
    if (isNamed()) {
      return System.getProperty("user.name");
    }
    try {
      return "" + Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw UserError.of("/proc/self cannot be read", e, "mount /proc");
    }
  }

  /**
   * The folder of the user's cache: {@code $XDG_CACHE_HOME/tessera} or {@code ~/.cache/tessera}.
   *
   * @throws UserError where there is neither
   */
  public static Path cache() {
    return cache(System.getenv(), HOME);
  }

  /**
   * Gives a user without a home another, or libraries would keep their files in a folder that is
   * named {@value #UNKNOWN}.
   */
  public static void giveHome() {
    // as text, since a path may have letters that the locale's encoding does not have
    if (!HOME.startsWith("/")) {
      System.setProperty(
          "user.home",
          Optional.ofNullable(System.getenv("HOME"))
              .filter(home -> home.startsWith("/"))
              .orElse(System.getProperty("java.io.tmpdir")));
    }
  }

  static Path cache(Map<String, String> environment, String home) {
    // the XDG specification says to ignore relative paths
    return absolute(environment.get("XDG_CACHE_HOME"))
        .or(
            () ->
                Stream.of(environment.get("HOME"), home)
                    .flatMap(place -> absolute(place).stream())
                    .findFirst()
                    .map(place -> place.resolve(".cache")))
        .map(base -> base.resolve("tessera"))
        .orElseThrow(
            () ->
                new UserError(
                    "there is no folder for the build cache, since this user has no home; set XDG_CACHE_HOME to the absolute path of a writable folder"));
  }

  private static Optional<Path> absolute(String path) {
    return Optional.ofNullable(path)
        .filter(text -> !text.isBlank())
        .map(Path::of)
        .filter(Path::isAbsolute);
  }
}
