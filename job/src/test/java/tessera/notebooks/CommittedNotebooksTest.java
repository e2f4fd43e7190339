package tessera.notebooks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The notebooks as they stand in the repository: executed, with pictures, and small. */
final class CommittedNotebooksTest {
  private static final long LARGEST_NOTEBOOK = 600_000;
  private static final long LARGEST_RUNS = 2_000_000;

  @Test
  void names_areThoseOfTheDocuments() throws IOException {
    String readme = Files.readString(Notebook.FOLDER.resolve("README.md"));
    assertEquals(
        List.of(
            "anatomy-of-a-run",
            "hardware-and-drift",
            "is-the-cost-model-right",
            "write-your-own-search"),
        Notebook.names());
    for (String name : Notebook.names()) {
      assertTrue(readme.contains(name), "notebooks/README.md tells of " + name);
    }
  }

  @Test
  void cells_ranWithoutErrors() throws IOException {
    for (String name : Notebook.names()) {
      for (Notebook.Cell cell : Notebook.committed(name).cells()) {
        assertTrue(cell.ran(), name + " has a cell that did not run: " + cell.source());
        assertEquals(List.of(), cell.errors(), name);
      }
    }
  }

  @Test
  void pictures_areCharts() throws IOException {
    for (String name : Notebook.names()) {
      List<BufferedImage> pictures = Notebook.committed(name).pictures();
      assertTrue(!pictures.isEmpty(), name + " has pictures");
      pictures.forEach(picture -> assertChart(name, picture));
    }
  }

  /** Of the size that the notebooks' charts have, and with more than one colour in its middle. */
  static void assertChart(String notebook, BufferedImage picture) {
    assertEquals(900, picture.getWidth(), notebook);
    int middle = picture.getWidth() / 2;
    long colours =
        IntStream.range(0, picture.getHeight())
            .flatMap(y -> IntStream.of(picture.getRGB(middle, y), picture.getRGB(middle + 99, y)))
            .distinct()
            .count();
    assertTrue(colours > 2, notebook + " has an empty picture");
  }

  @Test
  void files_areSmall() throws IOException {
    for (String name : Notebook.names()) {
      long size = Files.size(Notebook.FOLDER.resolve(name + ".ipynb"));
      assertTrue(size < LARGEST_NOTEBOOK, name + " has " + size + " bytes");
    }
    long recorded =
        size(Notebook.FOLDER.resolve("runs")) + size(Notebook.FOLDER.resolve("bundles"));
    assertTrue(recorded < LARGEST_RUNS, "the recorded runs have " + recorded + " bytes");
  }

  private static long size(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
