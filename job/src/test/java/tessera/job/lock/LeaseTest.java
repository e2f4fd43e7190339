package tessera.job.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.storage.Place;

/** Leases, which here are on a disk, as they are in storage that knows files alone. */
final class LeaseTest {
  private static final String NAME = "bert.cuda-sm_90a-132sm-0a1b2c3d4e5f";

  private static final Duration BEAT = Duration.ofMillis(100);

  /** Of a holder that lives and may be slow, since the machine is busy. */
  private static final Duration PATIENT = Duration.ofSeconds(30);

  /** Of a holder that is dead. */
  private static final Duration BRIEF = Duration.ofSeconds(2);

  @TempDir private Path folder;

  private PlaceLock.Attempt attempt(Duration silence) throws IOException {
    return Lease.attempt(Place.of(folder), NAME, new Lease.Pace(BEAT, silence));
  }

  private Path file(int number) {
    return folder.resolve(NAME + ".lease-" + number);
  }

  /** What a holder left that died. */
  private void leave(int number, boolean done) throws IOException {
    Lease.Note note = new Lease.Note(new Holder("elsewhere", 7, "root", "then"), "x", 3, done);
    Place.of(file(number)).write(Json.DOCUMENTS.writeValueAsBytes(note));
  }

  private List<String> files() throws IOException {
    return Place.of(folder).list().stream().map(Place::name).toList();
  }

  @Test
  void attempt_holderLives_namesIt() throws IOException {
    PlaceLock held = attempt(PATIENT).lock().orElseThrow();
    PlaceLock.Attempt other = attempt(PATIENT);
    assertEquals(
        "process " + ProcessHandle.current().pid(), other.holder().replaceFirst(" of .*", ""));
    assertTrue(held.isHeld());
    held.close();
    attempt(PATIENT).lock().orElseThrow().close();
    assertEquals(List.of(NAME + ".lease-2"), files());
  }

  @Test
  void attempt_holderSilent_takesTheNextNumber() throws IOException {
    leave(41, false);
    PlaceLock lock = attempt(BRIEF).lock().orElseThrow();
    assertEquals(List.of(NAME + ".lease-42"), files());
    lock.close();
  }

  @Test
  void attempt_halfWrittenFileOfADeadHolder_takesTheNextNumber() throws IOException {
    Place.of(file(3)).write(new byte[] {'{'});
    attempt(BRIEF).lock().orElseThrow().close();
    assertEquals(List.of(NAME + ".lease-4"), files());
  }

  @Test
  void isHeld_afterAnotherTookOver_isNot() throws IOException {
    PlaceLock slow = attempt(PATIENT).lock().orElseThrow();
    leave(2, false);
    assertFalse(slow.isHeld());
    slow.close();
    assertEquals(List.of(NAME + ".lease-1", NAME + ".lease-2"), files());
  }

  @Test
  void attempt_manyAtOnceOnAReleasedOne_oneGetsIt() throws Exception {
    leave(1, true);
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try {
      List<Callable<PlaceLock.Attempt>> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        all.add(() -> attempt(PATIENT));
      }
      List<PlaceLock> got = new ArrayList<>();
      for (Future<PlaceLock.Attempt> each : threads.invokeAll(all)) {
        each.get().lock().ifPresent(got::add);
      }
      assertEquals(1, got.size());
      got.get(0).close();
    } finally {
      threads.shutdown();
    }
  }
}
