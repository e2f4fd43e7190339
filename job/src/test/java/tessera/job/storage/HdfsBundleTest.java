package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tessera.integrity.Trust;
import tessera.runtime.BundleCopy;
import tessera.storage.Place;

@ExtendWith(Hdfs.class)
final class HdfsBundleTest extends BundleContract {
  @Override
  Place folder() throws IOException {
    return Hdfs.folder();
  }

  @Test
  void copy_ofABundleAtTheRoot_removesNothingElse() throws IOException {
    Place root = Place.of(Hdfs.address() + "/");
    copy(publish(folder(), "now"), root);
    Path folder;
    try (BundleCopy copy = BundleCopy.of(root, Trust.anyone())) {
      folder = copy.folder();
      assertTrue(Files.isRegularFile(folder.resolve("manifest.json")));
      assertEquals(
          Path.of(System.getProperty("java.io.tmpdir")).toRealPath(),
          folder.getParent().getParent().toRealPath());
    }
    assertFalse(Files.exists(folder.getParent()));
    assertTrue(Files.exists(folder.getParent().getParent()));
  }

  private static void copy(Place from, Place to) throws IOException {
    to.createFolder();
    for (Place entry : from.list()) {
      if (entry.isFolder()) {
        copy(entry, to.resolve(entry.name()));
      } else {
        to.resolve(entry.name()).write(entry.read());
      }
    }
  }
}
