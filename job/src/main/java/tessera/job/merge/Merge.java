package tessera.job.merge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import tessera.UserError;
import tessera.job.records.RunFolder;
import tessera.runtime.Bundle;
import tessera.runtime.BundleTransfer;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/**
 * Brings the runs and bundles of several output folders into one. Nothing that is there is changed;
 * what is there already is not added again; and a folder that is being added appears whole.
 */
public final class Merge {
  private static final String RUNS = "runs";
  private static final String BUNDLES = "bundles";

  private final Place out;

  /**
   * What became of all runs and bundles.
   *
   * @param grown runs that were there, and went on since
   * @param same runs and bundles that were there as they are
   */
  public record Result(int runs, int bundles, int grown, int same) {}

  /**
   * @param out where the others are added, an output folder or none yet
   */
  public Merge(Place out) {
    this.out = out.absolute();
  }

  /**
   * Adds all that the roots have.
   *
   * @throws UserError where one is {@code out}, or has neither runs nor bundles, two runs have one
   *     name, a bundle is corrupt, or the others would be added in a bundle, before anything is
   *     written; or where the storage refuses
   */
  public Result all(List<Place> roots) {
    out.onDisk().ifPresent(Bundle::refuseWithin);
    try {
      List<Place> runs = runs(roots);
      for (BundleTransfer transfer : bundleTransfers(roots)) {
        for (Place version : transfer.whole()) {
          BundleTransfer.check(version);
        }
      }
      Map<RunTransfer.Kind, Integer> kinds = new EnumMap<>(RunTransfer.Kind.class);
      for (Place run : runs) {
        RunTransfer transfer = RunTransfer.of(run, target(run));
        transfer.copy(out.resolve(".merging-" + UUID.randomUUID()));
        kinds.merge(transfer.kind(), 1, Integer::sum);
      }
      int[] bundles = bundles(roots);
      return new Result(
          kinds.getOrDefault(RunTransfer.Kind.NEW, 0),
          bundles[0],
          kinds.getOrDefault(RunTransfer.Kind.GROWN, 0),
          kinds.getOrDefault(RunTransfer.Kind.SAME, 0) + bundles[1]);
    } catch (IOException e) {
      throw StorageFailure.of(
          "the roots cannot be merged into " + out,
          e,
          "free space or mend their permissions, and merge again: what was added stays, whole");
    }
  }

  private Place target(Place run) {
    return out.resolve(RUNS).resolve(run.name());
  }

  /** All runs, compared with those of their names. */
  private List<Place> runs(List<Place> roots) throws IOException {
    List<Place> all = new ArrayList<>();
    for (Place root : roots) {
      if (root.absolute().equals(out)) {
        throw new UserError(
            root + " is --out itself; give only the folders that are to be added to it");
      }
      Place runs = root.absolute().resolve(RUNS);
      if (!runs.isFolder() && !root.absolute().resolve(BUNDLES).isFolder()) {
        throw new UserError(
            root
                + (root.absolute().isFolder()
                    ? " has neither runs nor bundles"
                    : " is no folder that exists")
                + "; give a folder that was the --out of tune");
      }
      for (Place run : folders(runs)) {
        if (RunFolder.isOne(run)) {
          RunTransfer.of(run, target(run));
          for (Place other : all) {
            if (other.name().equals(run.name())) {
              RunTransfer.of(run, other);
            }
          }
          all.add(run);
        }
      }
    }
    return all;
  }

  /** Those in a folder but for hidden ones, which are nobody's runs or bundles, such as locks. */
  private static List<Place> folders(Place folder) throws IOException {
    List<Place> folders = new ArrayList<>();
    for (Place inner : folder.isFolder() ? folder.list() : List.<Place>of()) {
      if (!inner.name().startsWith(".") && inner.isFolder()) {
        folders.add(inner);
      }
    }
    return folders;
  }

  /** One for each workload and hardware of each root. */
  private List<BundleTransfer> bundleTransfers(List<Place> roots) throws IOException {
    List<BundleTransfer> transfers = new ArrayList<>();
    for (Place root : roots) {
      for (Place workload : folders(root.absolute().resolve(BUNDLES))) {
        for (Place hardware : folders(workload)) {
          Place home = out.resolve(BUNDLES).resolve(workload.name()).resolve(hardware.name());
          transfers.add(new BundleTransfer(hardware, home));
        }
      }
    }
    return transfers;
  }

  /** How many were added, and how many were there. */
  private int[] bundles(List<Place> roots) throws IOException {
    int added = 0;
    int same = 0;
    for (BundleTransfer transfer : bundleTransfers(roots)) {
      for (Place version : transfer.whole()) {
        BundleTransfer.Added place = transfer.add(version);
        transfer.pointLatest(version, place.place()); // a killed merge may not have done it
        added += place.isNew() ? 1 : 0;
        same += place.isNew() ? 0 : 1;
      }
    }
    return new int[] {added, same};
  }
}
