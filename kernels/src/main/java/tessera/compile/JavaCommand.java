package tessera.compile;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The command of a small Java process that may be taken down at any time: it starts fast, needs
 * little memory and leaves no dump behind.
 */
public final class JavaCommand {
  private final Class<?> main;
  private final Set<String> classPath = new LinkedHashSet<>();
  private final List<String> options = new ArrayList<>();

  private JavaCommand(Class<?> main) {
    this.main = main;
    with(main);
  }

  public static JavaCommand of(Class<?> main) {
    return new JavaCommand(main);
  }

  /**
   * Puts what holds the classes on the class path, and nothing else that this process has there.
   */
  public JavaCommand with(Class<?>... needed) {
    for (Class<?> type : needed) {
      classPath.add(home(type));
    }
    return this;
  }

  /** Puts a jar or folder on the class path. */
  public JavaCommand withPath(String path) {
    classPath.add(path);
    return this;
  }

  public JavaCommand withOption(String option) {
    options.add(option);
    return this;
  }

  /** The command, which takes the arguments of the main class at its end. */
  public List<String> build() {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(
        List.of(
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-XX:-UsePerfData",
            "-XX:ErrorFile=/dev/null",
            "-XX:-CreateCoredumpOnCrash",
            "-Djna.encoding=UTF-8",
            temporaryFolder(System.getProperty("java.io.tmpdir")),
            "-Duser.home=" + System.getProperty("user.home")));
    command.addAll(options);
    command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), main.getName()));
    return command;
  }

  /** The option that names the temporary folder. */
  static String temporaryFolder(String folder) {
    return "-Djava.io.tmpdir=" + folder;
  }

  private static String home(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(type + " has no place on disk", e);
    }
  }
}
