package tessera.job.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import tessera.storage.Place;

/** Storage where every third call fails; a bundle appears by its list of files. */
final class FlakyBundleTest extends BundleContract {
  private static final String SETTING = "spark.hadoop.fs.flaky.impl";

  @TempDir private Path folder;

  @BeforeAll
  static void register() {
    System.setProperty(SETTING, FlakyFileSystem.class.getName());
  }

  @AfterAll
  static void forget() {
    System.clearProperty(SETTING);
  }

  @Override
  Place folder() {
    return Place.of("flaky:" + folder);
  }
}
