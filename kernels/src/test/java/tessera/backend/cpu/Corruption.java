package tessera.backend.cpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import tessera.Digest;

/** A random damage to a bundle, after which no byte of it may be believed. */
final class Corruption {
  private static final String SUMS = "SHA256SUMS";

  private static final List<String> MALICIOUS =
      List.of(
          "../../etc/passwd",
          "/etc/passwd",
          "/dev/zero",
          "kernels/../../outside",
          "..\\outside",
          "a\0b",
          "libtessera.so\u200b",
          "-rf",
          ".hidden",
          "CON:",
          "kernels//x",
          "");

  /** What is done to the folder; says what it was. */
  @FunctionalInterface
  private interface Kind {
    String damage(Path bundle, SplittableRandom random) throws IOException;
  }

  private static final List<Kind> KINDS =
      List.of(
          Corruption::flip,
          Corruption::truncate,
          Corruption::extend,
          Corruption::swap,
          Corruption::remove,
          Corruption::link,
          Corruption::pipe,
          Corruption::name,
          Corruption::strangeCode,
          Corruption::unlisted);

  private Corruption() {}

  static String of(Path bundle, SplittableRandom random) throws IOException {
    return KINDS.get(random.nextInt(KINDS.size())).damage(bundle, random);
  }

  /** Any file but the module, which only Python loads, and before anybody can check it. */
  private static Path any(Path bundle, SplittableRandom random) throws IOException {
    try (Stream<Path> files = Files.walk(bundle)) {
      List<Path> all = files.filter(Files::isRegularFile).sorted().toList();
      return all.get(random.nextInt(all.size()));
    }
  }

  private static String flip(Path bundle, SplittableRandom random) throws IOException {
    Path file = any(bundle, random);
    byte[] bytes = Files.readAllBytes(file);
    int at = random.nextInt(bytes.length);
    bytes[at] ^= (byte) (1 << random.nextInt(8));
    Files.write(file, bytes);
    return "flip at " + at + " of " + bundle.relativize(file);
  }

  private static String truncate(Path bundle, SplittableRandom random) throws IOException {
    Path file = any(bundle, random);
    byte[] bytes = Files.readAllBytes(file);
    int length = random.nextInt(bytes.length);
    // of whole lines a shorter list would be left, which is the list of a bundle with fewer files
    Files.write(file, Arrays.copyOf(bytes, lineEnds(bytes, length) ? length - 1 : length));
    return "truncation to " + length + " of " + bundle.relativize(file);
  }

  private static boolean lineEnds(byte[] bytes, int length) {
    return length > 0 && bytes[length - 1] == '\n';
  }

  private static String extend(Path bundle, SplittableRandom random) throws IOException {
    Path file = any(bundle, random);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(5000)));
    return "zeros after " + bundle.relativize(file);
  }

  private static String swap(Path bundle, SplittableRandom random) throws IOException {
    Path one = any(bundle, random);
    Path other = any(bundle, random);
    while (Arrays.equals(Files.readAllBytes(one), Files.readAllBytes(other))) {
      other = any(bundle, random);
    }
    Path aside = bundle.resolve("aside");
    Files.move(one, aside);
    Files.move(other, one);
    Files.move(aside, other);
    return "swap of " + bundle.relativize(one) + " and " + bundle.relativize(other);
  }

  private static String remove(Path bundle, SplittableRandom random) throws IOException {
    Path file = any(bundle, random);
    Files.delete(file);
    return "removal of " + bundle.relativize(file);
  }

  /** The content is right, but whoever owns the other place can change it at any time. */
  private static String link(Path bundle, SplittableRandom random) throws IOException {
    Path file = any(bundle, random);
    Path outside = Files.createTempFile(bundle.getParent(), "outside", "");
    Files.delete(outside);
    Files.move(file, outside);
    Files.createSymbolicLink(file, outside);
    return "link in place of " + bundle.relativize(file);
  }

  private static String pipe(Path bundle, SplittableRandom random) throws IOException {
    Path file = any(bundle, random);
    Files.delete(file);
    try {
      new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return "pipe in place of " + bundle.relativize(file);
  }

  /** In a list of which every other line is right. */
  private static String name(Path bundle, SplittableRandom random) throws IOException {
    String name = MALICIOUS.get(random.nextInt(MALICIOUS.size()));
    Path list = bundle.resolve(SUMS);
    String line = Digest.sha256(new byte[random.nextInt(9)]) + "  " + name + "\n";
    String text = Files.readString(list);
    Files.write(
        list, (random.nextBoolean() ? line + text : text + line).getBytes(StandardCharsets.UTF_8));
    return "the name " + name;
  }

  private static String strangeCode(Path bundle, SplittableRandom random) throws IOException {
    String name = List.of("json.py", "libcuda.so.1", "kernels/re.py").get(random.nextInt(3));
    Files.writeString(bundle.resolve(name), "" + random.nextLong());
    return "unlisted " + name;
  }

  /** A list without the line of a file, and with that file changed. */
  private static String unlisted(Path bundle, SplittableRandom random) throws IOException {
    Path list = bundle.resolve(SUMS);
    List<String> lines = Files.readAllLines(list);
    String gone = lines.remove(random.nextInt(lines.size()));
    Files.write(list, lines);
    Path file = bundle.resolve(gone.substring(66));
    Files.writeString(file, Files.readString(file, StandardCharsets.ISO_8859_1) + "\n");
    return "no line for " + gone.substring(66);
  }
}
