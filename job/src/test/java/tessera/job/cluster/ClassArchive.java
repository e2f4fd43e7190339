package tessera.job.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Spark's classes as a JVM maps them, for processes that live for seconds: to load and to verify
 * classes is a third of what such a process does. One run writes it into the build's folder at its
 * end, and all later processes of clusters use it, those of later builds of the same folder too.
 */
final class ClassArchive {
  /** A run whose driver has one more option of its JVM. */
  @FunctionalInterface
  interface Run {
    void with(String option) throws Exception;
  }

  private ClassArchive() {}

  /** A JVM takes that of its own version alone. */
  private static Path file() {
    return SparkFolder.home().resolve("classes-" + Runtime.version() + ".jsa");
  }

  /** The option of a JVM that uses it; empty where there is none yet. */
  static String option() {
    return Files.exists(file()) ? "-XX:SharedArchiveFile=" + file() : "";
  }

  /** Makes it by a run where there is none. */
  static void makeBy(Run run) throws Exception {
    if (!Files.exists(file())) {
      Path made = Files.createTempFile(file().getParent(), "classes-", ".made");
      try {
        run.with("-XX:ArchiveClassesAtExit=" + made);
        if (Files.size(made) > 0) { // else this Java cannot make one
          Files.move(made, file(), StandardCopyOption.ATOMIC_MOVE);
        }
      } finally {
        Files.deleteIfExists(made);
      }
    }
  }
}
