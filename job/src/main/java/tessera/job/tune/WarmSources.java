package tessera.job.tune;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.analysis.Analysis;
import tessera.analysis.Recording;
import tessera.backend.Hardware;
import tessera.integrity.CheckedFolder;
import tessera.job.records.RunFolder;
import tessera.job.spark.Cluster;
import tessera.job.spark.tables.RunTables;
import tessera.job.warm.FormerRun;
import tessera.job.warm.WarmStart;
import tessera.runtime.Bundle;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/** Reads the former runs that a run can begin with, and says why it takes none of others. */
public final class WarmSources {
  private static final String RUNS = "runs";
  private static final String BUNDLES = "bundles";
  private static final String REMEDY =
      "give a run's folder, a bundle's, or one with runs and bundles, as tune writes them";

  /** Reasons that are given where nothing fits, at most. */
  private static final int MOST_REASONS = 5;

  private final Analysis analysis;
  private final Likeness likeness;

  /**
   * @param start the runs that are used; none where none fits
   * @param remarks a sentence on each that is used, and on each that is left out
   */
  public record Found(WarmStart start, List<String> remarks) {}

  /**
   * @param likeness to the run that is to begin
   */
  public WarmSources(Cluster cluster, Likeness likeness) {
    this.analysis = Analysis.of(cluster);
    this.likeness = likeness;
  }

  /**
   * As {@link #find}, where there must be something.
   *
   * @throws UserError where nothing fits
   */
  public Found read(List<Place> sources) {
    Found found = find(sources);
    if (found.start().isNone()) {
      String why = String.join("; ", found.remarks().stream().limit(MOST_REASONS).toList());
      throw new UserError(
          "nothing to begin with was found for "
              + likeness.words()
              + ": "
              + why
              + "; give another with --warm-from, or leave it out");
    }
    return found;
  }

  /**
   * Looks through runs, bundles and folders that hold them; a remark says which place is none of
   * these.
   */
  public Found find(List<Place> sources) {
    List<String> remarks = new ArrayList<>();
    Map<String, FormerRun> runs = new LinkedHashMap<>();
    for (Place source : sources) {
      for (Place folder : folders(source.absolute(), remarks)) {
        read(folder, remarks).ifPresent(run -> runs.putIfAbsent(run.name(), run));
      }
    }
    WarmStart start = new WarmStart(likeness.nearest(List.copyOf(runs.values()), remarks));
    List<String> all = new ArrayList<>(likeness.words(start));
    all.addAll(remarks);
    return new Found(start, List.copyOf(all));
  }

  /**
   * Looks whether a place is a run, a bundle, or has some, before anything is read.
   *
   * @throws UserError where not
   */
  public static void check(Place source) {
    folders(source.absolute());
  }

  private static List<Place> folders(Place source, List<String> remarks) {
    try {
      return folders(source);
    } catch (UserError | EnvironmentFault e) {
      remarks.add(e.getMessage());
      return List.of();
    }
  }

  /** The runs that a place stands for; bundles alone where there are no runs beside them. */
  private static List<Place> folders(Place source) {
    try {
      if (RunFolder.isOne(source) || isBundle(source)) {
        return List.of(source);
      }
      List<Place> runs = list(source.resolve(RUNS));
      if (!runs.isEmpty()) {
        return runs;
      }
      List<Place> bundles = Bundle.latest(source.resolve(BUNDLES));
      if (bundles.isEmpty()) {
        throw new UserError(
            source
                + (source.isFolder()
                    ? " has no run and no bundle to begin with"
                    : " is no folder that exists")
                + "; "
                + REMEDY);
      }
      return bundles;
    } catch (IOException e) {
      throw StorageFailure.of(source + " cannot be read", e, "check its name and its permissions");
    }
  }

  /** Outside of a disk {@code latest} is a file. */
  private static boolean isBundle(Place place) throws IOException {
    return place.resolve(CheckedFolder.SUMS).isFile() || place.onDisk().isEmpty() && place.isFile();
  }

  private static List<Place> list(Place runs) throws IOException {
    return runs.isFolder() ? runs.list().stream().filter(RunFolder::isOne).toList() : List.of();
  }

  private Optional<FormerRun> read(Place folder, List<String> remarks) {
    try {
      FormerRun run = run(analysis.open(folder));
      Optional<String> obstacle = likeness.obstacle(run);
      obstacle.ifPresent(why -> remarks.add(run.name() + " is left out: " + why));
      return obstacle.isPresent() ? Optional.empty() : Optional.of(run);
    } catch (UserError | EnvironmentFault e) {
      remarks.add(folder.name() + " is left out: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static FormerRun run(Recording recording) {
    return new FormerRun(
        recording.run().orElse(recording.name()),
        Hardware.of(recording.target()),
        recording.workload(),
        recording.logged().stream().map(RunTables.Logged::trial).toList(),
        recording.kernels(),
        recording.stability().tieBand().map(OptionalDouble::of).orElse(OptionalDouble.empty()));
  }
}
