package tessera.job.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import tessera.storage.Place;

final class DiskPlaceTest extends PlaceContract {
  @TempDir private Path folder;

  @Override
  Place folder() {
    return Place.of(folder);
  }
}
