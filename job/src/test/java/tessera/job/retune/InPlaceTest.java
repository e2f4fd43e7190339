package tessera.job.retune;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.integrity.Trust;
import tessera.storage.Place;

/** What is said of a bundle that cannot be read. */
final class InPlaceTest {
  private static final Place LATEST = Place.of(Path.of("bundles/small/cpu/latest"));

  private static InPlace failing(RuntimeException failure) {
    return InPlace.of(
        LATEST,
        () -> {
          throw failure;
        });
  }

  private static InPlace faulty(RetuneReport.Verdict verdict, String words) {
    return new InPlace(
        "small", "cpu", LATEST, Optional.empty(), Optional.of(new InPlace.Fault(verdict, words)));
  }

  @Test
  void of_faultOfTheEnvironment_isAFailure() {
    InPlace bundle = failing(new EnvironmentFault("the storage is away"));
    assertEquals(faulty(RetuneReport.Verdict.FAILED, "the storage is away"), bundle);
    assertEquals(EnvironmentFault.class, bundle.fault().orElseThrow().exception().getClass());
  }

  @Test
  void of_mistake_isAMistake() {
    InPlace bundle = failing(new UserError("it is damaged"));
    assertEquals(faulty(RetuneReport.Verdict.MISTAKE, "it is damaged"), bundle);
    assertEquals(UserError.class, bundle.fault().orElseThrow().exception().getClass());
  }

  @Test
  void latest_linkToNothing_isAMistakeThatNamesIt(@TempDir Path folder) throws IOException {
    Path home = Files.createDirectories(folder.resolve("bundles/small/cpu"));
    Path latest = Files.createSymbolicLink(home.resolve("latest"), Path.of("v0009"));
    assertEquals(
        List.of(
            new InPlace(
                "small",
                "cpu",
                Place.of(latest),
                Optional.empty(),
                Optional.of(
                    new InPlace.Fault(
                        RetuneReport.Verdict.MISTAKE,
                        latest
                            + " is a link to v0009, which does not exist; let it name a bundle that"
                            + " is there, or remove it")))),
        Root.of(Place.of(folder)).latest(Trust.anyone()));
  }
}
