package tessera.job.madeup;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The made-up back end as a jar of its own, as its makers would give it away. */
public final class PretendJar {
  private static final String SERVICE = "META-INF/services/tessera.backend.BackendProvider";

  private PretendJar() {}

  /** Writes the jar. */
  public static Path in(Path jar) throws IOException, URISyntaxException {
    Class<?> provider = PretendProvider.class;
    String folder = provider.getPackageName().replace('.', '/');
    Path classes =
        Path.of(provider.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve(folder);
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.list(classes)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.matches("Pretend(?!.*Test|Jar).*")) {
          out.putNextEntry(new ZipEntry(folder + "/" + name));
          try (InputStream in = Files.newInputStream(file)) {
            in.transferTo(out);
          }
        }
      }
      out.putNextEntry(new ZipEntry(SERVICE));
      out.write(provider.getName().getBytes(StandardCharsets.UTF_8));
    }
    return jar;
  }
}
