package tessera.compile;

import java.util.List;
import java.util.Map;

/**
 * Something to compile: a main file, the files that it includes, and the compiler's flags.
 *
 * @param name the main file's name
 * @param files file names and texts, the main file among them
 * @param flags what the compiler is told beside input and output
 */
public record SourceUnit(String name, Map<String, String> files, List<String> flags) {
  public SourceUnit {
    files = Map.copyOf(files);
    flags = List.copyOf(flags);
    if (!files.containsKey(name)) {
      throw new IllegalArgumentException("main file " + name + " is not among " + files.keySet());
    }
  }
}
