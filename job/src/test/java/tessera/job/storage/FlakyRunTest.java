package tessera.job.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import tessera.storage.Place;

/** A whole run on storage where every third call fails, those of Spark among them. */
@Tag("faults")
final class FlakyRunTest extends RunContract {
  private static final String SETTING = "spark.hadoop.fs.ofs.impl";

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
    return Place.of("ofs:" + folder);
  }
}
