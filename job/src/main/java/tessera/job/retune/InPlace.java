package tessera.job.retune;

import java.nio.file.Files;
import java.util.Optional;
import java.util.function.Supplier;
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
 * @param fault empty where there is none
 */
record InPlace(
    String workload,
    String hardware,
    Place place,
    Optional<Content> content,
    Optional<Fault> fault) {
  /**
   * Why there is no content.
   *
   * @param verdict a mistake, or a failure of the machine or the storage
   * @param words a sentence
   */
  record Fault(RetuneReport.Verdict verdict, String words) {
    private static Fault mistake(String words) {
      return new Fault(RetuneReport.Verdict.MISTAKE, words);
    }

    RuntimeException exception() {
      return verdict == RetuneReport.Verdict.FAILED
          ? new EnvironmentFault(words)
          : new UserError(words);
    }
  }

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
    return of(latest, () -> read(latest, trust));
  }

  /**
   * @param reader of its content
   */
  static InPlace of(Place latest, Supplier<Content> reader) {
    Place home = latest.absolute().parent().orElseThrow();
    String workload = home.parent().orElseThrow().name();
    try {
      Content content = reader.get();
      String name = content.manifest().name();
      String target = content.manifest().target().folder();
      return name.equals(workload) && target.equals(home.name())
          ? new InPlace(workload, home.name(), latest, Optional.of(content), Optional.empty())
          : faulty(
              latest,
              Fault.mistake(
                  latest + " is a bundle of " + name + " for " + target + "; move it there"));
    } catch (UserError e) {
      return faulty(latest, Fault.mistake(e.getMessage()));
    } catch (EnvironmentFault e) {
      return faulty(latest, new Fault(RetuneReport.Verdict.FAILED, e.getMessage()));
    }
  }

  private static InPlace faulty(Place latest, Fault fault) {
    Place home = latest.absolute().parent().orElseThrow();
    return new InPlace(
        home.parent().orElseThrow().name(),
        home.name(),
        latest,
        Optional.empty(),
        Optional.of(fault));
  }

  private static Content read(Place latest, Trust trust) {
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
