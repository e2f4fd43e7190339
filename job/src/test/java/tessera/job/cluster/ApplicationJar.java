package tessera.job.cluster;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The jar that users submit. Maven's integration tests name the packed one by a property; tests
 * that run before there is one, or from folders of classes, get all of the same classes in a jar of
 * their own, under the names that they have in the sources.
 */
public final class ApplicationJar {
  /** Names the packed jar. */
  static final String PROPERTY = "tessera.application";

  /** Beside Tessera's own: what the packed jar has that a Spark lacks. */
  private static final String CARRIED = "(tessera-kernels|jcuda|jna|picocli|snakeyaml)-.*\\.jar";

  private static final class Made {
    static final Path JAR = make();
  }

  private ApplicationJar() {}

  public static Path path() {
    return Optional.ofNullable(System.getProperty(PROPERTY))
        .map(Path::of)
        .orElseGet(() -> Made.JAR);
  }

  private static Path make() {
    try {
      Path jar = Files.createTempFile("tessera-job-", ".jar");
      jar.toFile().deleteOnExit();
      Set<String> names = new TreeSet<>();
      try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
        out.setLevel(1);
        for (Path part : parts()) {
          if (Files.isDirectory(part)) {
            addFolder(part, out, names);
          } else {
            addJar(part, out, names);
          }
        }
      }
      return jar;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> parts() {
    List<Path> parts = new ArrayList<>();
    for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(element);
      String name = path.getFileName().toString();
      boolean classes = name.equals("classes") && Files.isDirectory(path);
      if (classes || name.matches(CARRIED) && !name.endsWith("-tests.jar")) {
        parts.add(path);
      }
    }
    return parts;
  }

  private static void addFolder(Path folder, ZipOutputStream out, Set<String> names)
      throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(folder)) {
      files = tree.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        add(folder.relativize(file).toString(), in, out, names);
      }
    }
  }

  private static void addJar(Path jar, ZipOutputStream out, Set<String> names) throws IOException {
    try (ZipFile from = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : Collections.list(from.entries())) {
        if (!entry.isDirectory()) {
          try (InputStream in = from.getInputStream(entry)) {
            add(entry.getName(), in, out, names);
          }
        }
      }
    }
  }

  private static void add(String name, InputStream in, ZipOutputStream out, Set<String> names)
      throws IOException {
    if (names.add(name) && !name.equals("META-INF/MANIFEST.MF")) {
      out.putNextEntry(new ZipEntry(name));
      in.transferTo(out);
    }
  }
}
