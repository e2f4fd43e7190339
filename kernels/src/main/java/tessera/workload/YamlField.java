package tessera.workload;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import tessera.UserError;
import tessera.workload.trace.TraceReader;

/**
 * One value of a YAML file that knows where it stands, so that every error names file, line and
 * field.
 */
final class YamlField {
  private static final int LONGEST = 1000;

  private final String file;
  private final String path;
  private final Node node;

  YamlField(String file, String path, Node node) {
    this.file = file;
    this.path = path;
    this.node = node;
  }

  /**
   * @param problem what is wrong with this field, which is the sentence's subject
   */
  UserError error(String problem) {
    return here(path.isEmpty() ? problem : "field '" + path + "' " + problem);
  }

  /**
   * @param sentence with a subject of its own
   */
  UserError sentence(String sentence) {
    return here(path.isEmpty() ? sentence : "field '" + path + "': " + sentence);
  }

  private UserError here(String text) {
    return new UserError(file + ":" + (node.getStartMark().getLine() + 1) + ": " + text);
  }

  boolean isMap() {
    return node instanceof MappingNode;
  }

  boolean isList() {
    return node instanceof SequenceNode;
  }

  /** The entries of a mapping, none of them twice. */
  Map<String, YamlField> map() {
    if (!(node instanceof MappingNode mapping)) {
      throw error("must be a mapping of fields");
    }
    Map<String, YamlField> fields = new LinkedHashMap<>();
    for (NodeTuple entry : mapping.getValue()) {
      String key = new YamlField(file, path, entry.getKeyNode()).text();
      String shown = UserError.shortened(key);
      YamlField field =
          new YamlField(file, path.isEmpty() ? shown : path + "." + shown, entry.getValueNode());
      if (fields.put(key, field) != null) {
        throw field.error("is given twice; keep one");
      }
    }
    return fields;
  }

  /** As {@link #map()}, refusing names that are not allowed. */
  Map<String, YamlField> map(Set<String> allowed) {
    Map<String, YamlField> fields = map();
    fields.forEach(
        (name, field) -> {
          if (!allowed.contains(name)) {
            throw field.error(
                "is unknown; allowed here: " + String.join(", ", new TreeSet<>(allowed)));
          }
        });
    return fields;
  }

  /** Refuses what stands beside a choice that does not take it, since it would be ignored. */
  static void allowBeside(String choice, Set<String> taken, Map<String, YamlField> fields) {
    fields.forEach(
        (name, field) -> {
          if (!taken.contains(name)) {
            throw field.error("does not go with " + choice + "; leave out one of the two");
          }
        });
  }

  YamlField required(Map<String, YamlField> fields, String name) {
    YamlField field = fields.get(name);
    if (field == null) {
      throw sentence("the field '" + name + "' is missing; add it");
    }
    return field;
  }

  List<YamlField> list() {
    if (!(node instanceof SequenceNode sequence)) {
      throw error("must be a list");
    }
    List<YamlField> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      items.add(new YamlField(file, path + "[" + items.size() + "]", item));
    }
    return items;
  }

  /** The text of a single value, which fits on a line. */
  String text() {
    if (!(node instanceof ScalarNode scalar) || scalar.getValue().isBlank()) {
      throw error("must be a single value");
    }
    String text = scalar.getValue().strip();
    if (text.length() > LONGEST || text.chars().anyMatch(Character::isISOControl)) {
      throw error(
          "must be a single line of at most "
              + LONGEST
              + " characters, not "
              + UserError.quoted(text));
    }
    return text;
  }

  /** An integer from 1 to {@link TraceReader#MOST_VALUE}, in plain digits: 010 is 8 for some. */
  long positive() {
    String text = text();
    if (!text.matches("[1-9]\\d{0,15}") || Long.parseLong(text) > TraceReader.MOST_VALUE) {
      throw error(
          "must be a positive integer up to "
              + TraceReader.MOST_VALUE
              + " in plain decimal digits, not "
              + UserError.quoted(text));
    }
    return Long.parseLong(text);
  }

  double positiveNumber() {
    String text = text();
    if (text.matches("\\+?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")) {
      double value = Double.parseDouble(text);
      if (value > 0 && !Double.isInfinite(value)) {
        return value;
      }
    }
    throw error("must be a positive, finite decimal number, not " + UserError.quoted(text));
  }

  /** Runs a step on this field, placing the sentence of a {@link UserError} at this field. */
  <T> T at(java.util.function.Function<String, T> step) {
    String text = text();
    try {
      return step.apply(text);
    } catch (UserError e) {
      throw sentence(e.getMessage());
    }
  }
}
