package tessera.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;

final class DeviceLockTest {
  @TempDir private Path folder;

  private final DeviceWaits waits = new DeviceWaits("a run");

  private DeviceLock acquire(String... devices) {
    return DeviceLock.acquire(folder, List.of(devices), Deadline.NEVER, waits).orElseThrow();
  }

  /** Whether nobody frees a device for a second, in which a busy machine looks at least once. */
  private boolean isHeld(String device) {
    return isHeld(Deadline.in(1), device);
  }

  private boolean isHeld(Deadline until, String... devices) {
    Optional<DeviceLock> lock = DeviceLock.acquire(folder, List.of(devices), until, waits);
    lock.ifPresent(DeviceLock::close);
    return lock.isEmpty();
  }

  @Test
  void acquire_heldByAnotherThread_waits() throws InterruptedException {
    CountDownLatch acquired = new CountDownLatch(1);
    DeviceLock first = acquire("cpu");
    Thread second =
        new Thread(
            () -> {
              try (DeviceLock lock = acquire("cpu")) {
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
  void acquire_severalDevices_takesWhatIsFree() {
    try (DeviceLock first = acquire("gpu-0", "gpu-1");
        DeviceLock second = acquire("gpu-0", "gpu-1")) {
      assertEquals(List.of(0, 1), List.of(first.index(), second.index()));
      assertTrue(isHeld(Deadline.in(0.05), "gpu-0", "gpu-1"));
    }
    try (DeviceLock other = acquire("gpu-0");
        DeviceLock free = acquire("gpu-0", "gpu-1")) {
      assertEquals(1, free.index());
    }
  }

  @Test
  void acquire_heldByTheSameRun_isNoWaitForAnother() {
    try (DeviceLock held = acquire("cpu")) {
      assertTrue(isHeld("cpu"));
    }
    assertEquals(0, waits.take());
  }

  @Test
  void acquire_oneDeviceIsAnothersAndOneOwn_countsTheOthersAlone() {
    DeviceWaits others = new DeviceWaits("another run");
    try (DeviceLock own = acquire("gpu-0");
        DeviceLock other =
            DeviceLock.acquire(folder, List.of("gpu-1"), Deadline.NEVER, others).orElseThrow()) {
      long begin = System.nanoTime();
      assertTrue(isHeld(Deadline.in(1), "gpu-0", "gpu-1"));
      double one = waits.take();
      assertTrue(0 < one && one <= 1e-9 * (System.nanoTime() - begin), one + " s");
    }
    assertEquals(0, others.take());
  }

  @Test
  void acquire_timeIsUp_leavesTheDeviceToOthers() {
    assertEquals(
        Optional.empty(), DeviceLock.acquire(folder, List.of("cpu"), Deadline.in(-1), waits));
    assertFalse(isHeld(Deadline.in(20), "cpu"));
  }

  /** Holds a device, says so, and waits to be killed. */
  public static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws InterruptedException {
      DeviceLock.acquire(
              Path.of(arguments[0]), List.of("cpu"), Deadline.NEVER, DeviceWaits.ofProcess())
          .orElseThrow();
      System.out.println("held");
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  @Test
  void acquire_heldByAProcessThatIsKilled_getsTheDevice() throws Exception {
    Process holder = holder();
    try (BufferedReader said = said(holder)) {
      assertEquals("held", said.readLine());
      waits.take();
      assertTrue(isHeld("cpu"), "another process has it");
      assertTrue(waits.take() > 0, "it was waited for");
      assertEquals(0, waits.take(), "that was said");
      holder.destroyForcibly().waitFor();
      acquire("cpu").close();
    } finally {
      holder.destroyForcibly();
    }
  }

  /** Who waits looks whose the device is, in a file that its own process may hold. */
  @Test
  void acquire_anotherThreadWaits_keepsTheDeviceFromOtherProcesses() throws Exception {
    DeviceLock held = acquire("cpu");
    assertTrue(isHeld("cpu"), "a thread has waited");
    Process other = holder();
    try (BufferedReader said = said(other)) {
      assertFalse(other.waitFor(3, TimeUnit.SECONDS), "it waits");
      assertFalse(said.ready(), "it has the device too");
      held.close();
      assertEquals("held", said.readLine());
    } finally {
      other.destroyForcibly();
    }
  }

  /** A process that takes the device and says so. */
  private Process holder() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // executors have temporary folders of their own
            "-Djava.io.tmpdir=" + folder.resolve("own"),
            "-cp",
            System.getProperty("java.class.path"),
            Holder.class.getName(),
            folder.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static BufferedReader said(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  @Test
  void acquire_newFile_isForAllUsers() throws IOException {
    acquire("cpu").close();
    assertEquals(
        "rw-rw-rw-",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder.resolve("tessera-cpu.lock"))));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void acquire_unusableFile_isAMistakeThatNamesItAndFreesTheDevice() throws IOException {
    Path file = folder.resolve("tessera-cpu.lock");
    // what even root cannot write to
    Files.createDirectory(file);
    UserError error = assertThrows(UserError.class, () -> acquire("cpu"));
    assertEquals(
        "the lock file "
            + file
            + " cannot be written (Is a directory); remove it, or name another folder, the same for all that use the device, with TESSERA_JAVA_OPTIONS=-Dtessera.locks=FOLDER",
        error.getMessage());
    Files.delete(file);
    acquire("cpu").close();
  }
}
