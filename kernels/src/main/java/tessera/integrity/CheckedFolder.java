package tessera.integrity;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tessera.Digest;
import tessera.UserError;

/**
 * A folder with a list of its files' checksums. Files are read through it alone: what it returns
 * has the SHA-256 of the list, and the list is one that is trusted.
 */
public final class CheckedFolder {
  public static final String SUMS = "SHA256SUMS";

  /** An Ed25519 signature of {@link #SUMS}. */
  public static final String SIGNATURE = "SHA256SUMS.sig";

  /** Room for ten thousand files. */
  private static final int MOST_SUMS_BYTES = 1 << 22;

  private static final int SIGNATURE_BYTES = 64;
  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64})  ([^\n]*)\n");

  /** What Python imports and the loader finds by the name of a file alone. */
  private static final Pattern CODE =
      Pattern.compile(".*\\.(so(\\..*)?|pyc?|pth|pyd)", Pattern.DOTALL);

  /** The compiled module, which Python itself writes beside it. */
  private static final Pattern COMPILED_MODULE = Pattern.compile("__pycache__/tessera\\.[^/]*");

  private final Path given;
  private final Path place;
  private final String digest;
  private final Map<String, String> sums;

  private CheckedFolder(Path given, Path place, String digest, Map<String, String> sums) {
    this.given = given;
    this.place = place;
    this.digest = digest;
    this.sums = sums;
  }

  private static String missing(Path folder) throws IOException {
    return Files.isSymbolicLink(folder)
        ? folder
            + " is a link to "
            + Files.readSymbolicLink(folder)
            + ", which does not exist; let it name a bundle that is there, or remove it"
        : folder + " does not exist; give the folder that tune printed";
  }

  /**
   * Reads the list; the files themselves are checked when they are read, or by {@link #checkAll}.
   *
   * @throws UserError where there is none, it is damaged, or it is not trusted
   */
  public static CheckedFolder open(Path folder, Trust trust) throws IOException {
    if (!Files.exists(folder)) {
      throw new UserError(missing(folder));
    }
    if (!Files.isDirectory(folder)) {
      throw new UserError(folder + " is a file; give the folder that tune printed");
    }
    // a link such as latest may point elsewhere while files are read
    Path place = folder.toRealPath();
    if (!isFile(place.resolve(SUMS))) {
      throw new UserError(
          folder + " is not a bundle (it has no " + SUMS + "); give the folder that tune printed");
    }
    byte[] list = read(folder, place.resolve(SUMS), MOST_SUMS_BYTES);
    Path signature = place.resolve(SIGNATURE);
    Optional<byte[]> signed =
        isFile(signature)
            ? Optional.of(read(folder, signature, SIGNATURE_BYTES))
            : Optional.empty();
    trust.check(folder, list, signed);
    return new CheckedFolder(folder, place, Digest.sha256(list), listed(folder, list));
  }

  /**
   * The files' names and their SHA-256, of a list that somebody else may have written.
   *
   * @param folder of the list, for messages
   * @throws UserError where it is damaged, or a name could lead out of the folder
   */
  public static Map<String, String> listed(Object folder, byte[] list) {
    Map<String, String> sums = new TreeMap<>();
    Matcher line = LINE.matcher(new String(list, StandardCharsets.ISO_8859_1));
    int end = 0;
    while (line.find() && line.start() == end) {
      EntryName.check(folder, line.group(2));
      if (sums.put(line.group(2), line.group(1)) != null) {
        throw corrupt(folder, SUMS + " lists " + line.group(2) + " twice");
      }
      end = line.end();
    }
    if (end != list.length || sums.isEmpty()) {
      throw corrupt(folder, SUMS + " is no list of checksums");
    }
    return Collections.unmodifiableMap(sums);
  }

  /** SHA-256 of the list: it names the content of the folder, to the last byte. */
  public String digest() {
    return digest;
  }

  /** The files' names and their SHA-256. */
  public Map<String, String> sums() {
    return sums;
  }

  /**
   * Checks every file of the list, and that nothing beside them is a link or would be taken for
   * code; the module that Python compiled may be there.
   *
   * @throws UserError naming the file that is not as it was published
   */
  public void checkAll() throws IOException {
    checkAll(COMPILED_MODULE.asMatchPredicate());
  }

  /** As {@link #checkAll}, of a folder that Python did not import from yet. */
  public void checkAllUnused() throws IOException {
    checkAll(name -> false);
  }

  private void checkAll(Predicate<String> allowed) throws IOException {
    for (String name : sums.keySet()) {
      if (!Digest.sha256(file(name)).equals(sums.get(name))) {
        throw changed(name);
      }
    }
    refuseStrangers(allowed);
  }

  /**
   * The content of a file of the list.
   *
   * @param most bytes that it may have
   * @throws UserError where it is not listed, missing, larger or not as it was published
   */
  public byte[] bytes(String name, int most) throws IOException {
    byte[] content = read(given, file(name), most);
    if (!Digest.sha256(content).equals(sums.get(name))) {
      throw changed(name);
    }
    return content;
  }

  /**
   * @throws UserError where it is not listed, or no plain file inside this folder
   */
  private Path file(String name) {
    if (!sums.containsKey(name)) {
      throw corrupt(given, SUMS + " does not list " + name);
    }
    Path file = place;
    for (String part : name.split("/")) {
      file = file.resolve(part);
      if (Files.isSymbolicLink(file)) {
        throw corrupt(given, name + " is reached by a link");
      }
    }
    if (!isFile(file)) {
      throw corrupt(given, name + " is missing");
    }
    return file;
  }

  /**
   * A module or library that nobody published would be loaded in another's place, and so would what
   * a link leads to.
   */
  private void refuseStrangers(Predicate<String> allowed) throws IOException {
    try (Stream<Path> files = Files.walk(place)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = place.relativize(file).toString();
        boolean isLink = Files.isSymbolicLink(file);
        boolean isStrange =
            CODE.matcher(name).matches() && !sums.containsKey(name) && !allowed.test(name);
        if (isLink || isStrange) {
          throw new UserError(
              given
                  + (isLink ? " has the link " : " has the file ")
                  + UserError.quoted(name)
                  + ", which was not published with it and could be loaded; remove it");
        }
      }
    }
  }

  private static boolean isFile(Path file) {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }

  private static byte[] read(Path folder, Path file, int most) throws IOException {
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      byte[] content = in.readNBytes(most);
      if (in.read() >= 0) {
        throw corrupt(folder, file.getFileName() + " has more than " + most + " bytes");
      }
      return content;
    }
  }

  private UserError changed(String name) {
    return corrupt(given, name + " was changed since it was published");
  }

  private static UserError corrupt(Object folder, String what) {
    return new UserError(folder + " is corrupt: " + what + "; publish the bundle again");
  }
}
