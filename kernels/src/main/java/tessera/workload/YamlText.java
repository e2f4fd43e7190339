package tessera.workload;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;
import tessera.UserError;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/**
 * The text of a workload file, of limited length, as YAML.
 *
 * @param file what errors name
 * @param content what is read: the file, or a copy of it
 */
record YamlText(Place file, Place content) {
  private static final String NOT_YAML = ": not valid YAML: ";

  /** The root of the text. */
  Node node() {
    LoaderOptions options = new LoaderOptions();
    try {
      Node node = new Yaml(options).compose(new StringReader(text(options.getCodePointLimit())));
      if (node == null) {
        throw new UserError(file + ": the file is empty; describe a workload in it");
      }
      return node;
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      throw new UserError(file + ":" + line + NOT_YAML + firstLine(e.getProblem()), e);
    } catch (YAMLException e) { // characters that YAML does not allow, nesting, aliases
      throw new UserError(file + NOT_YAML + firstLine(e.getMessage()), e);
    } catch (NoSuchFileException e) {
      throw new UserError(file + ": does not exist; check the path", e);
    } catch (IOException e) {
      throw StorageFailure.of(file + ": cannot be read", e, "check its permissions");
    }
  }

  private static String firstLine(String problem) {
    return UserError.shortened(String.valueOf(problem).lines().findFirst().orElse(""))
        + "; write it as in conf/workloads";
  }

  /** The file's text, of which no more than the most is read. */
  private String text(int most) throws IOException {
    if (content.isFolder()) {
      throw new UserError(file + " is a folder; give one workload file of it");
    }
    byte[] bytes = content.head(most + 1);
    if (bytes.length > most) {
      throw new UserError(
          file + " is longer than " + most + " bytes; list long tables of shapes in a trace");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    if (StandardCharsets.UTF_8.newDecoder().decode(in, out, true).isError()) {
      long line = 1 + out.flip().chars().filter(c -> c == '\n').count();
      throw new UserError(file + ":" + line + ": is not UTF-8; save the file in that encoding");
    }
    return out.flip().toString();
  }
}
