package tessera.job.storage;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import tessera.storage.Place;

@Tag("thorough")
@ExtendWith(S3.class)
final class S3RunTest extends RunContract {
  @Override
  Place folder() throws IOException {
    return S3.folder();
  }
}
