package tessera.job.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A Spark as a user unpacks one: a folder with Spark's own jars alone, and scripts that start its
 * programs by its own launcher. Whatever is started carries a mark in its environment, which its
 * children inherit, so that none of them can be missed.
 */
public final class SparkFolder implements AutoCloseable {
  /** Written by Maven: the jars of Spark and of what it depends on, none of Tessera's. */
  private static final Path JARS = Path.of("target/spark.classpath");

  /** What the distribution starts its Spark by. */
  private static final Path SCRIPTS = Path.of("../scripts/spark");

  /**
   * Processes that live for seconds have no time to win by compiling well, nor by collecting in
   * several threads.
   */
  static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  static final String MARK = "TESSERA_TEST_CLUSTER";

  private final Path home;

  private SparkFolder(Path home) {
    this.home = home;
  }

  /**
   * @param folder that does not exist yet
   */
  public static SparkFolder in(Path folder) throws IOException {
    Path home = Files.createDirectories(folder).toAbsolutePath();
    Path jars = Files.createDirectory(home.resolve("jars"));
    for (Path jar : sparkJars()) {
      Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
    }
    Path bin = Files.createDirectory(home.resolve("bin"));
    for (String script : List.of("spark-class", "spark-submit")) {
      script(bin.resolve(script), Files.readString(SCRIPTS.resolve(script)));
    }
    return new SparkFolder(home);
  }

  /** The jars that a Spark installation brings. */
  static List<Path> sparkJars() throws IOException {
    if (!Files.exists(JARS)) {
      throw new IOException(
          JARS.toAbsolutePath() + " is missing: mvn -pl job -am generate-test-resources writes it");
    }
    List<Path> jars = new ArrayList<>();
    for (String jar : Files.readString(JARS).strip().split(File.pathSeparator)) {
      jars.add(Path.of(jar));
    }
    return jars;
  }

  static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    if (!file.toFile().setExecutable(true)) {
      throw new IOException(file + " could not be made executable");
    }
  }

  /** What SPARK_HOME names. */
  public Path home() {
    return home;
  }

  /**
   * One of the two scripts, with its arguments, by this JVM's Java and with no settings but these.
   */
  ProcessBuilder command(String script, List<String> arguments, Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin").resolve(script).toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.matches("(SPARK|HADOOP|TESSERA)_.*"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().put("SPARK_DAEMON_MEMORY", "256m");
    builder.environment().put("SPARK_DAEMON_JAVA_OPTS", SHORT_LIVED);
    builder.environment().put("XDG_CACHE_HOME", home.resolve("cache").toString());
    builder.environment().put(MARK, home.toString());
    builder.environment().putAll(environment);
    return builder;
  }

  /** All living processes that were started from this folder, and their children. */
  public List<ProcessHandle> processes() {
    String mark = MARK + "=" + home;
    return ProcessHandle.allProcesses()
        .filter(process -> proc(process, "environ").contains(mark))
        .toList();
  }

  /** The words of a process's command line; none where it has ended. */
  static List<String> words(ProcessHandle process) {
    return proc(process, "cmdline");
  }

  private static List<String> proc(ProcessHandle process, String file) {
    try {
      return List.of(
          Files.readString(
                  Path.of("/proc", Long.toString(process.pid()), file), StandardCharsets.ISO_8859_1)
              .split("\0"));
    } catch (IOException e) {
      return List.of(); // it has ended, or is another user's
    }
  }

  /** Kills all of them, and those that they start meanwhile, and takes the jars out again. */
  @Override
  public void close() throws IOException {
    for (List<ProcessHandle> left = processes(); !left.isEmpty(); left = processes()) {
      for (ProcessHandle process : left) {
        process.destroyForcibly();
        process.onExit().join();
      }
    }
    try (Stream<Path> jars = Files.list(home.resolve("jars"))) {
      for (Path jar : jars.toList()) {
        Files.delete(jar);
      }
    }
  }
}
