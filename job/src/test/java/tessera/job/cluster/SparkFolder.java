package tessera.job.cluster;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tessera.Digest;

/**
 * A Spark as a user unpacks one: a folder with Spark's own jars alone, and scripts that start its
 * programs by its own launcher. It is the same for all tests, each of which has a folder for what
 * it starts. Whatever is started carries a mark in its environment, which its children inherit, so
 * that none of them can be missed.
 */
public final class SparkFolder implements AutoCloseable {
  /** Written by Maven: the jars of Spark and of what it depends on, none of Tessera's. */
  private static final Path JARS = Path.of("target/spark.classpath");

  /** What the distribution starts its Spark by. */
  private static final Path SCRIPTS = Path.of("../scripts/spark");

  private static final List<String> STARTERS = List.of("spark-class", "spark-submit");

  /**
   * Processes that live for seconds have no time to win by compiling well, nor by collecting in
   * several threads.
   */
  static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  static final String MARK = "TESSERA_TEST_CLUSTER";

  private static final class Installed {
    static final Path HOME = install();
  }

  private final Path folder;

  private SparkFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * @param folder of what is started
   */
  public static SparkFolder in(Path folder) throws IOException {
    return new SparkFolder(Files.createDirectories(folder).toAbsolutePath());
  }

  /** What SPARK_HOME names; the same jars have the same, in later builds too. */
  static Path home() {
    return Installed.HOME;
  }

  private static Path install() {
    try {
      List<Path> jars = sparkJars();
      Path home = Path.of("target", "spark-" + digest(jars)).toAbsolutePath();
      if (!Files.exists(home)) {
        Files.move(unpacked(jars), home, StandardCopyOption.ATOMIC_MOVE);
      }
      return home;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String digest(List<Path> jars) throws IOException {
    List<Object> seen = new ArrayList<>();
    for (Path jar : jars) {
      seen.addAll(List.of(jar, Files.size(jar), Files.getLastModifiedTime(jar)));
    }
    for (String script : STARTERS) {
      seen.add(Files.readString(SCRIPTS.resolve(script)));
    }
    return Digest.of(seen.toArray());
  }

  private static Path unpacked(List<Path> jars) throws IOException {
    Path home = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "spark-");
    Path links = Files.createDirectory(home.resolve("jars"));
    for (Path jar : jars) {
      Files.createSymbolicLink(links.resolve(jar.getFileName()), jar);
    }
    Path bin = Files.createDirectory(home.resolve("bin"));
    for (String script : STARTERS) {
      script(bin.resolve(script), Files.readString(SCRIPTS.resolve(script)));
    }
    return home;
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

  /**
   * One of the two scripts, with its arguments, by this JVM's Java and with no settings but these.
   */
  ProcessBuilder command(String script, List<String> arguments, Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    command.add(home().resolve("bin").resolve(script).toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.matches("(SPARK|HADOOP|TESSERA)_.*"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().put("SPARK_DAEMON_MEMORY", "256m");
    builder.environment().put("SPARK_DAEMON_JAVA_OPTS", shortLived());
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    builder.environment().put(MARK, folder.toString());
    builder.environment().putAll(environment);
    return builder;
  }

  /** Options of a JVM that lives for seconds. */
  static String shortLived() {
    return String.join(" ", SHORT_LIVED, ClassArchive.option()).strip();
  }

  /** All living processes that were started from this folder, and their children. */
  public List<ProcessHandle> processes() {
    String mark = MARK + "=" + folder;
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

  /** Kills all of them, and those that they start meanwhile. */
  @Override
  public void close() {
    for (List<ProcessHandle> left = processes(); !left.isEmpty(); left = processes()) {
      for (ProcessHandle process : left) {
        process.destroyForcibly();
        process.onExit().join();
      }
    }
  }
}
