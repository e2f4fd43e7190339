package tessera.job.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.storage.Place;

/** Locks on a disk, among real processes. */
final class PlaceLockTest {
  private static final String NAME = "bert.cpu-avx2-4c-0a1b2c3d4e5f";

  /** How often processes contend; more where somebody asks for it. */
  private static final int TIMES = Integer.getInteger("tessera.rivals", 2);

  @TempDir private Path folder;

  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end() {
    started.forEach(Process::destroyForcibly);
  }

  private Process holder() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                HoldingMain.class.getName(),
                folder.toString(),
                NAME)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    started.add(process);
    return process;
  }

  private static String says(Process process) throws IOException {
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    return lines.readLine();
  }

  private PlaceLock.Attempt attempt() {
    return PlaceLock.attempt(Place.of(folder), NAME);
  }

  @Test
  void attempt_heldInThisProcess_namesItUntilItCloses() {
    PlaceLock first = attempt().lock().orElseThrow();
    assertTrue(first.isHeld());
    String self = "process " + ProcessHandle.current().pid() + " of ";
    assertTrue(attempt().holder().startsWith(self), attempt().holder());
    assertTrue(
        PlaceLock.attempt(Place.of(folder), NAME + "2").lock().isPresent(), "another is free");
    first.close();
    attempt().lock().orElseThrow().close();
  }

  @Test
  void attempt_twoProcessesAtOnce_oneGetsIt() throws IOException {
    for (int i = 0; i < TIMES; i++) {
      Process one = holder();
      Process two = holder();
      List<String> said = new ArrayList<>(List.of(says(one), says(two)));
      said.sort(null);
      assertEquals("got", said.get(0));
      String held = said.get(1);
      assertTrue(
          held.startsWith("held by process " + one.pid() + " of ")
              || held.startsWith("held by process " + two.pid() + " of ")
              || held.equals("held by another process"),
          held);
      started.forEach(Process::destroyForcibly);
      started.forEach(PlaceLockTest::await);
    }
  }

  @Test
  void attempt_holderKilled_isFree() throws IOException {
    for (int i = 0; i < TIMES; i++) {
      Process holder = holder();
      assertEquals("got", says(holder));
      assertEquals("process " + holder.pid(), attempt().holder().replaceFirst(" of .*", ""));
      await(holder.destroyForcibly());
      attempt().lock().orElseThrow().close();
    }
  }

  private static void await(Process process) {
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void attempt_folderThatIsAFile_namesIt() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    UserError error = assertThrows(UserError.class, () -> PlaceLock.attempt(Place.of(file), NAME));
    assertTrue(
        error.getMessage().startsWith("the lock " + NAME + " in " + file + " cannot be taken"),
        error.getMessage());
    assertFalse(Files.isDirectory(file));
  }
}
