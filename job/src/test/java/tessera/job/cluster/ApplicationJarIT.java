package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the packed jar carries: all that a Spark lacks, and nothing that a Spark has. */
final class ApplicationJarIT {
  private static final long LARGEST = 5_000_000;

  @BeforeAll
  static void isPacked() {
    assumeTrue(
        System.getProperty(ApplicationJar.PROPERTY) != null,
        "the jar is packed by Maven only, before its integration tests");
  }

  private static Set<String> names(String pattern) throws IOException {
    try (ZipFile jar = new ZipFile(ApplicationJar.path().toFile())) {
      return jar.stream()
          .filter(entry -> !entry.isDirectory())
          .map(entry -> entry.getName())
          .filter(name -> name.matches(pattern))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  @Test
  void classes_areOursAndWhatASparkLacks() throws IOException {
    Set<String> roots =
        names(".*\\.class").stream()
            .map(name -> name.replaceAll("^(com/sun/jna|[^/]*)/.*", "$1"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of("tessera", "jcuda", "picocli", "com/sun/jna"), roots);
    assertTrue(
        names("tessera/.*").contains("tessera/shaded/org/yaml/snakeyaml/Yaml.class"),
        "YAML has another name");
  }

  @Test
  void nativeLibraries_areThoseOfLinux() throws IOException {
    Set<String> natives =
        names(".*\\.(so|a|dll|jnilib|dylib)").stream()
            .map(name -> name.replaceAll("-[0-9.]+-linux", "-VERSION-linux"))
            .collect(Collectors.toSet());
    assertEquals(
        Set.of(
            "lib/libJCudaDriver-VERSION-linux-x86_64.so",
            "com/sun/jna/linux-x86-64/libjnidispatch.so",
            "com/sun/jna/linux-aarch64/libjnidispatch.so"),
        natives);
    assertTrue(Files.size(ApplicationJar.path()) < LARGEST, "the jar has grown");
  }

  @Test
  void services_nameClassesOfTheJar() throws IOException {
    Set<String> services = names("META-INF/services/.*");
    assertTrue(
        services.contains("META-INF/services/tessera.backend.BackendProvider"),
        services.toString());
    try (ZipFile jar = new ZipFile(ApplicationJar.path().toFile())) {
      for (String service : services) {
        String providers =
            new String(
                jar.getInputStream(jar.getEntry(service)).readAllBytes(), StandardCharsets.UTF_8);
        for (String provider : providers.strip().split("\\s+")) {
          assertTrue(
              jar.getEntry(provider.replace('.', '/') + ".class") != null,
              service + ": " + provider);
        }
      }
    }
  }

  @Test
  void licenses_areThere() throws IOException {
    assertEquals(
        Set.of("META-INF/AL2.0", "META-INF/LGPL2.1", "META-INF/LICENSE", "META-INF/NOTICE"),
        names("META-INF/[^/]*[^F]"));
  }

  @Test
  void classes_missNothingBesideASpark() throws IOException {
    String spark =
        SparkFolder.sparkJars().stream()
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));
    assertEquals("", missing(spark));
    assertTrue(
        missing(ApplicationJar.path().toString()).contains("org.apache.spark.sql.SparkSession"),
        "without a Spark it would be missed");
  }

  /** What jdeps says of classes that the jar's classes name. */
  private static String missing(String classPath) {
    StringWriter out = new StringWriter();
    try (PrintWriter printed = new PrintWriter(out)) {
      ToolProvider.findFirst("jdeps")
          .orElseThrow()
          .run(
              printed,
              printed,
              "--multi-release",
              "base",
              "--missing-deps",
              "--class-path",
              classPath,
              ApplicationJar.path().toString());
    }
    return out.toString();
  }
}
