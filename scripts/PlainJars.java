import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Copies jars without compression, so that an archive of them all compresses better, and without
 * native libraries of other platforms than Linux on x86-64. Run by scripts/dist.
 */
public final class PlainJars {
  private static final String NATIVE = "(?i).*\\.(so|dll|dylib|jnilib|a)";
  private static final String OURS = "(?i).*(x86[-_]64|amd64|linux64).*";
  private static final String FOREIGN = "(?i).*(darwin|mac|osx|win|bsd|dragonfly|sunos|solaris|musl).*";

  private PlainJars() {}

  /**
   * @param arguments the folder for the copies, then the jars
   */
  public static void main(String[] arguments) throws IOException {
    Path to = Files.createDirectories(Path.of(arguments[0]));
    for (int i = 1; i < arguments.length; i++) {
      Path jar = Path.of(arguments[i]);
      copy(jar, to.resolve(jar.getFileName()));
    }
  }

  private static boolean isWanted(String name) {
    return !name.matches(NATIVE) || name.matches(OURS) && !name.matches(FOREIGN);
  }

  private static void copy(Path jar, Path to) throws IOException {
    try (ZipFile from = new ZipFile(jar.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(to))) {
      out.setMethod(ZipOutputStream.STORED);
      for (ZipEntry entry : Collections.list(from.entries())) {
        if (!isWanted(entry.getName())) {
          continue;
        }
        byte[] bytes;
        try (InputStream in = from.getInputStream(entry)) {
          bytes = in.readAllBytes();
        }
        CRC32 checksum = new CRC32();
        checksum.update(bytes);
        ZipEntry plain = new ZipEntry(entry.getName());
        plain.setTime(entry.getTime());
        plain.setSize(bytes.length);
        plain.setCrc(checksum.getValue());
        out.putNextEntry(plain);
        out.write(bytes);
        out.closeEntry();
      }
    }
  }
}
