package tessera.job.merge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tessera.UserError;
import tessera.storage.Place;

/**
 * Adds a run's folder to those of another root. A run that was interrupted when it was added first,
 * and went on since, has more files and the same otherwise: these are added.
 */
final class RunTransfer {
  /** What makes a folder a run: it comes last. */
  private static final String SETTINGS = "run.json";

  /** What makes a table whole: it comes after the table. */
  private static final String MARK = "_SUCCESS";

  /** Files that each end of a run writes anew: what is there first is kept. */
  private static final Set<String> OUTCOME = Set.of("result.json", "report.html");

  /** What adding a run means. */
  enum Kind {
    NEW,
    SAME,
    GROWN
  }

  private final Place from;
  private final Place to;
  private final Kind kind;

  /** Files that the other folder lacks, in the order in which they are written. */
  private final List<String> missing;

  private RunTransfer(Place from, Place to, Kind kind, List<String> missing) {
    this.from = from;
    this.to = to;
    this.kind = kind;
    this.missing = missing;
  }

  /**
   * Compares a run with what is under its name elsewhere.
   *
   * @throws UserError where that is another run
   */
  static RunTransfer of(Place from, Place to) throws IOException {
    Map<String, Place> own = files(from);
    Map<String, Place> there =
        to.resolve(SETTINGS).isFile() ? files(to) : Map.of(); // else what a killed merge left
    Optional<String> different = different(own, there);
    if (different.isPresent()) {
      throw new UserError(
          from
              + " and "
              + to
              + " are two runs of one name, whose "
              + different.get()
              + " differ; rename one of their folders, and nothing was merged yet");
    }
    List<String> missing =
        own.keySet().stream()
            .filter(name -> !there.containsKey(name))
            .sorted(Comparator.comparing(RunTransfer::turn).thenComparing(name -> name))
            .toList();
    Kind kind = there.isEmpty() ? Kind.NEW : missing.isEmpty() ? Kind.SAME : Kind.GROWN;
    return new RunTransfer(from, to, kind, missing);
  }

  private static int turn(String name) {
    return name.equals(SETTINGS) ? 2 : name.endsWith(MARK) ? 1 : 0;
  }

  private static Optional<String> different(Map<String, Place> own, Map<String, Place> there)
      throws IOException {
    for (Map.Entry<String, Place> file : own.entrySet()) {
      Place other = there.get(file.getKey());
      if (other != null
          && !OUTCOME.contains(file.getKey())
          && !Arrays.equals(file.getValue().read(), other.read())) {
        return Optional.of(file.getKey());
      }
    }
    return Optional.empty();
  }

  /** By their paths from the folder; what begins with a dot is no part of a run. */
  private static Map<String, Place> files(Place folder) throws IOException {
    Map<String, Place> files = new TreeMap<>();
    for (Place inner : folder.list()) {
      if (inner.name().startsWith(".")) {
        continue;
      }
      if (inner.isFolder()) {
        files(inner).forEach((name, file) -> files.put(inner.name() + "/" + name, file));
      } else {
        files.put(inner.name(), inner);
      }
    }
    return files;
  }

  Kind kind() {
    return kind;
  }

  /**
   * @param building a folder beside the runs that is not there yet
   */
  void copy(Place building) throws IOException {
    if (kind == Kind.NEW && to.movesAtOnce()) {
      build(building);
      to.parent().orElseThrow().createFolder();
      if (!building.moveTo(to)) {
        building.delete();
        throw new IOException(to + " was made in the meantime");
      }
    } else {
      copyTo(to);
    }
  }

  /** Nothing is left of it where it cannot be whole. */
  private void build(Place building) throws IOException {
    try {
      copyTo(building);
    } catch (IOException e) {
      building.delete();
      throw e;
    }
  }

  private void copyTo(Place folder) throws IOException {
    List<Place> made = new ArrayList<>();
    for (String name : missing) {
      Place file = folder.resolve(name);
      Place parent = file.parent().orElseThrow();
      if (!made.contains(parent)) {
        parent.createFolder();
        made.add(parent);
      }
      file.write(from.resolve(name).read());
    }
  }
}
