package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tessera.UserError;
import tessera.job.records.RunFolder;
import tessera.storage.Place;

@Tag("thorough")
@ExtendWith(S3.class)
final class S3RefusalTest {
  @Test
  void bucketThatIsNotThere_isNamed() {
    Place out = Place.of("s3a://no-such-bucket/out");
    UserError error = assertThrows(UserError.class, () -> RunFolder.check(out, "--out"));
    assertTrue(
        error
            .getMessage()
            .startsWith(
                "the folder "
                    + out
                    + " of --out cannot be written (the bucket no-such-bucket does not exist)"),
        error.getMessage());
  }
}
