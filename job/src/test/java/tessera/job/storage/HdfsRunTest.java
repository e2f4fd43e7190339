package tessera.job.storage;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import tessera.storage.Place;

@Tag("thorough")
@ExtendWith(Hdfs.class)
final class HdfsRunTest extends RunContract {
  @Override
  Place folder() throws IOException {
    return Hdfs.folder();
  }
}
