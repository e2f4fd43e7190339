package tessera.notebooks;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import tessera.Json;

/** The code cells of a notebook, with what they showed. */
record Notebook(List<Cell> cells) {
  static final Path FOLDER = Path.of("../notebooks");

  /**
   * A code cell.
   *
   * @param ran whether it was executed
   * @param text all that it printed
   * @param pictures in PNG
   * @param errors what went wrong in it
   */
  record Cell(
      String source, boolean ran, String text, List<byte[]> pictures, List<String> errors) {}

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".ipynb"))
          .map(name -> name.replace(".ipynb", ""))
          .sorted()
          .toList();
    }
  }

  static Notebook committed(String name) throws IOException {
    return read(FOLDER.resolve(name + ".ipynb"));
  }

  static Notebook read(Path file) throws IOException {
    List<Cell> cells = new ArrayList<>();
    for (JsonNode cell : Json.DOCUMENTS.readTree(Files.readAllBytes(file)).path("cells")) {
      if (cell.path("cell_type").asText().equals("code")) {
        cells.add(cell(cell));
      }
    }
    return new Notebook(cells);
  }

  private static Cell cell(JsonNode cell) {
    StringBuilder text = new StringBuilder();
    List<byte[]> pictures = new ArrayList<>();
    List<String> errors = new ArrayList<>();
    for (JsonNode output : cell.path("outputs")) {
      text.append(joined(output.path("text")));
      JsonNode picture = output.path("data").path("image/png");
      if (!picture.isMissingNode()) {
        pictures.add(Base64.getMimeDecoder().decode(joined(picture)));
      }
      if (output.path("output_type").asText().equals("error")) {
        errors.add(output.path("evalue").asText());
      }
      if (output.path("name").asText().equals("stderr")) {
        errors.add(joined(output.path("text")));
      }
    }
    return new Cell(
        joined(cell.path("source")),
        cell.path("execution_count").isInt(),
        text.toString(),
        pictures,
        errors);
  }

  /** A text of several lines is a list in notebooks. */
  private static String joined(JsonNode text) {
    StringBuilder all = new StringBuilder(text.asText());
    text.forEach(line -> all.append(line.asText()));
    return all.toString();
  }

  /** All that its cells printed. */
  String text() {
    StringBuilder all = new StringBuilder();
    cells.forEach(cell -> all.append(cell.text()));
    return all.toString();
  }

  List<BufferedImage> pictures() throws IOException {
    List<BufferedImage> images = new ArrayList<>();
    for (Cell cell : cells) {
      for (byte[] picture : cell.pictures()) {
        images.add(ImageIO.read(new ByteArrayInputStream(picture)));
      }
    }
    return images;
  }
}
