package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tessera.storage.Place;

/** What a place promises, on any storage. */
abstract class PlaceContract {
  private static final List<String> AWKWARD =
      List.of("a b", "[x]", "{y,z}", "st*r", "wh?", "100%", "%20", "a#b", "größe", "名前", "a+b&c=d");

  /** A new one. */
  abstract Place folder() throws IOException;

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom().nextBytes(bytes);
    return bytes;
  }

  @Test
  void write_awkwardNames_areListedAndReadBack() throws IOException {
    Place folder = folder();
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

  @Test
  void create_whereAFileIs_leavesIt() throws IOException {
    Place file = folder().resolve("file");
    byte[] content = random(3000);
    assertTrue(file.create(content));
    assertFalse(file.create(random(3000)));
    assertArrayEquals(content, file.read());
    file.delete();
    assertTrue(file.create(random(1)));
    assertEquals(List.of(file), file.parent().orElseThrow().list());
  }

  @Test
  void write_whereAFileIs_replacesItAndLeavesNothingElse() throws IOException {
    Place file = folder().resolve("file");
    file.write(random(5000));
    byte[] content = random(3);
    file.write(content);
    assertArrayEquals(content, file.read());
    assertArrayEquals(new byte[] {content[0]}, file.head(1));
    assertEquals(List.of(file), file.parent().orElseThrow().list());
  }

  @Test
  void write_againAndAgain_aReaderSeesWholeFiles() throws Exception {
    Place file = folder().resolve("file");
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

  @Test
  void moveTo_aFolderThatIsThere_movesNothing() throws IOException {
    Place folder = folder();
    assumeTrue(folder.movesAtOnce(), "this storage copies what is moved");
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
  @Test
  void moveTo_onePlaceByMany_oneOfThemGetsIt() throws Exception {
    Place folder = folder();
    assumeTrue(folder.movesAtOnce(), "this storage copies what is moved");
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

  @Test
  void delete_folder_removesAllThatIsInIt() throws IOException {
    Place folder = folder().resolve("a");
    folder.resolve("b/c").createFolder();
    folder.resolve("b/c/file").write(random(1));
    folder.delete();
    folder.delete();
    assertFalse(folder.isFolder());
    assertFalse(folder.isFile());
  }

  @Test
  void read_missingFile_saysThatItDoesNotExist() throws IOException {
    Place none = folder().resolve("no ne");
    NoSuchFileException error = assertThrows(NoSuchFileException.class, none::read);
    assertEquals(none.toString(), error.getFile());
    assertThrows(NoSuchFileException.class, none::list);
  }

  @Test
  void of_pathInAFolder_startsThereOrAtItsRoot() throws IOException {
    Place folder = folder();
    folder.resolve("data").createFolder();
    folder.resolve("data/t.csv").write(random(3));
    folder.resolve("workloads").createFolder();
    Place inner = folder.resolve("workloads");
    String path = folder.onDisk().map(Path::toString).orElseGet(() -> folder.uri().getPath());
    for (String text : List.of("../data/t.csv", path + "/data/t.csv", folder + "/data/t.csv")) {
      assertEquals(3, Place.of(inner, text).read().length, text);
    }
  }
}
