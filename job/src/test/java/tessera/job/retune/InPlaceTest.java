package tessera.job.retune;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tessera.EnvironmentFault;
import tessera.UserError;
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
}
