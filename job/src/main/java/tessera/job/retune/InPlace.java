package tessera.job.retune;

import java.nio.file.Files;
import java.util.Optional;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.integrity.CheckedFolder;
import tessera.integrity.Trust;
import tessera.runtime.Baseline;
import tessera.runtime.Bundle;
import tessera.runtime.BundleCopy;
import tessera.runtime.BundleFiles;
import tessera.runtime.BundleManifest;
import tessera.storage.Place;

/**
 * The bundle that is in use of a workload on some hardware, or why it cannot be.
 *
 * @param workload as the folder is called
 * @param hardware as the folder is called
 * @param content empty where there is a fault
 * @param fault a sentence; empty where there is none
 */
record InPlace(
    String workload,
    String hardware,
    Place place,
    Optional<Content> content,
    Optional<String> fault) {
  /**
   * What a bundle holds.
   *
   * @param signed whether somebody signed it
   */
  record Content(
      BundleManifest manifest, Optional<Baseline> baseline, BundleFiles files, boolean signed) {}

  /**
   * @param latest of a kind of hardware
   */
  static InPlace of(Place latest, Trust trust) {
    Place home = latest.absolute().parent().orElseThrow();
    String workload = home.parent().orElseThrow().name();
    try {
      Content content = content(latest, trust);
      String name = content.manifest().name();
      String target = content.manifest().target().folder();
      Optional<String> moved =
          name.equals(workload) && target.equals(home.name())
              ? Optional.empty()
              : Optional.of(
                  latest + " is a bundle of " + name + " for " + target + "; move it there");
      return new InPlace(
          workload,
          home.name(),
          latest,
          moved.isEmpty() ? Optional.of(content) : Optional.empty(),
          moved);
    } catch (UserError | EnvironmentFault e) {
      return new InPlace(
          workload, home.name(), latest, Optional.empty(), Optional.of(e.getMessage()));
    }
  }

  private static Content content(Place latest, Trust trust) {
    try (BundleCopy copy = BundleCopy.of(latest, trust)) {
      Bundle bundle = Bundle.open(copy.folder(), trust);
      return new Content(
          bundle.manifest(),
          Baseline.of(bundle),
          BundleFiles.of(bundle),
          Files.exists(bundle.folder().resolve(CheckedFolder.SIGNATURE)));
    }
  }
}
