package tessera.job.retune;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tessera.UserError;
import tessera.integrity.Trust;
import tessera.job.records.RunFolder;
import tessera.runtime.Bundle;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/**
 * An output root of {@code tune}: its runs and its bundles.
 *
 * @param out the folder with {@code runs} and {@code bundles}
 */
public record Root(Place out) {
  private static final String BUNDLES = "bundles";
  private static final String RUNS = "runs";
  private static final String LOCKS = ".locks";

  /**
   * @param place an output root, or its folder of bundles
   * @throws UserError where it is neither
   */
  public static Root of(Place place) {
    Place given = place.absolute();
    try {
      if (given.resolve(BUNDLES).isFolder()) {
        return new Root(given);
      }
      if (given.name().equals(BUNDLES) && given.isFolder() && given.parent().isPresent()) {
        return new Root(given.parent().get());
      }
      throw new UserError(
          place
              + (given.isFolder()
                  ? " is no output root of tune: it has no folder " + BUNDLES
                  : " is no folder that exists")
              + "; give what was --out there");
    } catch (IOException e) {
      throw StorageFailure.of(place + " cannot be read", e, "check its name and its permissions");
    }
  }

  public Place bundles() {
    return out.resolve(BUNDLES);
  }

  Place locks() {
    return bundles().resolve(LOCKS);
  }

  /**
   * The newest bundle of each workload on each kind of hardware, in order; one that cannot be read
   * is among them with the reason.
   */
  List<InPlace> latest(Trust trust) {
    return Bundle.latest(bundles()).stream().map(latest -> InPlace.of(latest, trust)).toList();
  }

  /** The runs of a workload, the newest first. */
  List<RunFolder> runs(String workload) {
    try {
      Place runs = out.resolve(RUNS);
      List<RunFolder> found = new ArrayList<>();
      for (Place folder : runs.isFolder() ? runs.list() : List.<Place>of()) {
        if (folder.name().matches("\\Q" + workload + "\\E-\\d{8}-\\d{6}-\\d{3}")
            && RunFolder.isOne(folder)) {
          found.add(0, RunFolder.open(out, folder.toString()));
        }
      }
      return found;
    } catch (IOException e) {
      throw StorageFailure.of(out.resolve(RUNS) + " cannot be read", e, "check its permissions");
    }
  }
}
