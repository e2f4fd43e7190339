package tessera.job.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.job.MadeUpRun;
import tessera.job.lock.PlaceLock;
import tessera.job.records.RunFolder;
import tessera.job.search.MadeUpMachine;
import tessera.storage.Place;

final class RunLockTest {
  @TempDir private Path folder;

  private static String refusal(RunFolder run) {
    CompletionException thrown =
        assertThrows(
            CompletionException.class,
            () -> CompletableFuture.runAsync(() -> RunLock.hold(run).close()).join());
    assertEquals(UserError.class, thrown.getCause().getClass());
    return thrown.getCause().getMessage();
  }

  @Test
  void hold_runThatAnotherWorksOn_isRefusedUntilThatEnds() throws IOException {
    Path file = Files.writeString(folder.resolve("workload.yaml"), "name: any\n");
    RunFolder run =
        RunFolder.create(
            Place.of(folder),
            "any",
            MadeUpRun.of(MadeUpMachine.WORKLOAD, System.err).settings(),
            Place.of(file));
    try (PlaceLock lock = RunLock.hold(run)) {
      assertTrue(lock.isHeld());
      String said = refusal(run);
      assertTrue(said.startsWith("process " + ProcessHandle.current().pid() + " of "), said);
      assertTrue(said.contains(" works on the run " + run.name() + "; wait for it"), said);
    }
    RunLock.hold(run).close();
  }
}
