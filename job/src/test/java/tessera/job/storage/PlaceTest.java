package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tessera.storage.Place;

/** What a place promises, on each kind of storage. */
@ExtendWith(Hdfs.class)
final class PlaceTest {
  private static final List<String> AWKWARD =
      List.of("a b", "[x]", "{y,z}", "st*r", "wh?", "100%", "%20", "a#b", "größe", "名前", "a+b&c=d");

  @TempDir private Path temporary;

  private enum Kind {
    DISK,
    HDFS
  }

  private Place folder(Kind kind) throws IOException {
    return switch (kind) {
      case DISK -> Place.of(temporary);
      case HDFS -> Hdfs.folder();
    };
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom().nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @EnumSource
  void write_awkwardNames_areListedAndReadBack(Kind kind) throws IOException {
    Place folder = folder(kind);
    for (String name : AWKWARD) {
      Place inner = folder.resolve(name);
      inner.createFolder();
      byte[] content = random(1000);
      inner.resolve(name).write(content);
      assertArrayEquals(content, inner.resolve(name).read(), name);
      assertArrayEquals(content, Place.of(inner.resolve(name).toString()).read(), name);
      assertArrayEquals(content, Place.of(inner.resolve(name).uri()).read(), name);
      assertEquals(List.of(inner.resolve(name)), inner.list());
      assertEquals(name, inner.list().get(0).name());
    }
    assertEquals(
        AWKWARD.stream().sorted().toList(), folder.list().stream().map(Place::name).toList());
  }

  @ParameterizedTest
  @EnumSource
  void write_whereAFileIs_replacesItAndLeavesNothingElse(Kind kind) throws IOException {
    Place file = folder(kind).resolve("file");
    file.write(random(5000));
    byte[] content = random(3);
    file.write(content);
    assertArrayEquals(content, file.read());
    assertArrayEquals(new byte[] {content[0]}, file.head(1));
    assertEquals(List.of(file), file.parent().orElseThrow().list());
  }

  @ParameterizedTest
  @EnumSource
  void write_againAndAgain_aReaderSeesWholeFiles(Kind kind) throws Exception {
    Place file = folder(kind).resolve("file");
    file.write(uniform(0));
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Callable<Boolean>> both =
          List.of(
              () -> {
                for (int i = 1; i < 20; i++) {
                  file.write(uniform(i));
                }
                return true;
              },
              () -> IntStream.range(0, 40).allMatch(i -> isUniform(file)));
      for (Future<Boolean> each : threads.invokeAll(both)) {
        assertTrue(each.get());
      }
    } finally {
      threads.shutdown();
    }
  }

  /** A file of one byte, again and again. */
  private static byte[] uniform(int value) {
    byte[] bytes = new byte[100_000];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static boolean isUniform(Place file) {
    try {
      byte[] bytes = file.read();
      return Arrays.equals(uniform(bytes[0]), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void moveTo_aFolderThatIsThere_movesNothing(Kind kind) throws IOException {
    Place folder = folder(kind);
    for (String name : List.of("from", "to")) {
      folder.resolve(name).createFolder();
      folder.resolve(name).resolve(name).write(random(1));
    }
    assertFalse(folder.resolve("from").moveTo(folder.resolve("to")));
    assertEquals(List.of("to"), names(folder.resolve("to")));
    assertTrue(folder.resolve("from").moveTo(folder.resolve("new")));
    assertEquals(List.of("from"), names(folder.resolve("new")));
    assertEquals(List.of("new", "to"), names(folder));
  }

  /** Each of many who want the same place at once. */
  @ParameterizedTest
  @EnumSource
  void moveTo_onePlaceByMany_oneOfThemGetsIt(Kind kind) throws Exception {
    Place folder = folder(kind);
    Place wanted = folder.resolve("wanted");
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Boolean>> movers =
          IntStream.range(0, 8)
              .<Callable<Boolean>>mapToObj(i -> () -> move(i, folder, wanted))
              .toList();
      int moved = 0;
      for (Future<Boolean> each : threads.invokeAll(movers)) {
        moved += each.get() ? 1 : 0;
      }
      assertEquals(1, moved);
      assertEquals(1, wanted.list().size());
      assertEquals(8, folder.list().size());
    } finally {
      threads.shutdown();
    }
  }

  private static boolean move(int i, Place folder, Place wanted) throws IOException {
    Place own = folder.resolve("own-" + i);
    own.createFolder();
    own.resolve("file-" + i).write(random(1));
    return own.moveTo(wanted);
  }

  private static List<String> names(Place folder) throws IOException {
    return folder.list().stream().map(Place::name).toList();
  }

  @ParameterizedTest
  @EnumSource
  void delete_folder_removesAllThatIsInIt(Kind kind) throws IOException {
    Place folder = folder(kind).resolve("a");
    folder.resolve("b/c").createFolder();
    folder.resolve("b/c/file").write(random(1));
    folder.delete();
    folder.delete();
    assertFalse(folder.isFolder());
    assertFalse(folder.isFile());
  }

  @ParameterizedTest
  @EnumSource
  void read_missingFile_saysThatItDoesNotExist(Kind kind) throws IOException {
    Place none = folder(kind).resolve("no ne");
    NoSuchFileException error = assertThrows(NoSuchFileException.class, none::read);
    assertEquals(none.toString(), error.getFile());
    assertThrows(NoSuchFileException.class, none::list);
  }

  @ParameterizedTest
  @EnumSource
  void of_pathInAFolder_startsThereOrAtItsRoot(Kind kind) throws IOException {
    Place folder = folder(kind);
    folder.resolve("data").createFolder();
    folder.resolve("data/t.csv").write(random(3));
    folder.resolve("workloads").createFolder();
    Place inner = folder.resolve("workloads");
    String path = folder.onDisk().map(Path::toString).orElseGet(() -> folder.uri().getPath());
    for (String text : List.of("../data/t.csv", path + "/data/t.csv", folder + "/data/t.csv")) {
      assertEquals(3, Place.of(inner, text).read().length, text);
    }
  }

  @ParameterizedTest
  @CsvSource({"plain", "a:b", "C:", "hdfs:x", "./hdfs:/x", "1s:/x"})
  void of_textWithoutAScheme_isAPath(String text) {
    assertEquals(Optional.of(Path.of(text)), Place.of(text).onDisk());
  }

  @Test
  void of_fileUri_isAPath() throws IOException {
    Path file = Files.write(temporary.resolve("a%20b c"), new byte[1]);
    for (String start : List.of("file:", "file://", "FILE:")) {
      assertEquals(Optional.of(file), Place.of(start + file).onDisk());
    }
    // of a URI the escapes count
    assertEquals(Optional.of(Path.of("/a b")), Place.of(URI.create("file:///a%20b")).onDisk());
  }

  @Test
  void resolve_onHdfs_keepsToTheRoot() {
    Place root = Place.of("hdfs://host:1");
    assertEquals("hdfs://host:1/", root.toString());
    assertEquals(Optional.empty(), root.parent());
    assertEquals("hdfs://host:1/b c", root.resolve("a/.././../b c/").toString());
    assertEquals(
        Stream.of("a", "a/b").map(root::resolve).toList(),
        List.of(root.resolve("a"), root.resolve("a").resolve("b")));
  }
}
