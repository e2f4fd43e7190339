package tessera.job.storage;

import java.io.IOException;
import org.junit.jupiter.api.extension.ExtendWith;
import tessera.storage.Place;

@ExtendWith(Hdfs.class)
final class HdfsBundleTest extends BundleContract {
  @Override
  Place folder() throws IOException {
    return Hdfs.folder();
  }
}
