package tessera.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.compile.Account;

final class DeviceLockTest {
  @TempDir private Path folder;

  @Test
  void acquire_heldByAnotherThread_waits() throws InterruptedException {
    CountDownLatch acquired = new CountDownLatch(1);
    DeviceLock first = DeviceLock.acquire(folder, "cpu");
    Thread second =
        new Thread(
            () -> {
              try (DeviceLock lock = DeviceLock.acquire(folder, "cpu")) {
                acquired.countDown();
              }
            });
    second.start();
    assertTrue(!acquired.await(200, TimeUnit.MILLISECONDS), "it waits");
    first.close();
    assertTrue(acquired.await(20, TimeUnit.SECONDS), "it goes on");
    second.join();
  }

  @Test
  void acquire_unusableFile_isAMistakeThatNamesItAndFreesTheDevice() throws IOException {
    Path file = folder.resolve("tessera-" + Account.name() + "-cpu.lock");
    // what even root cannot write to
    Files.createDirectory(file);
    UserError error = assertThrows(UserError.class, () -> DeviceLock.acquire(folder, "cpu"));
    assertEquals(
        "the lock file "
            + file
            + " cannot be written (Is a directory); remove it, or name another temporary folder with TESSERA_JAVA_OPTIONS=-Djava.io.tmpdir=FOLDER",
        error.getMessage());
    Files.delete(file);
    DeviceLock.acquire(folder, "cpu").close();
  }
}
