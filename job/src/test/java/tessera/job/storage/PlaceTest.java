package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.storage.Place;

/** What texts and URIs name. */
final class PlaceTest {
  @TempDir private Path temporary;

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
