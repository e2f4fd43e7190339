package tessera.job.lock;

import com.fasterxml.jackson.core.JacksonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import tessera.Json;
import tessera.compile.LockFile;
import tessera.storage.Place;

/**
 * A file that the operating system locks, and frees when its holder dies; who that is, beside it.
 */
final class DiskLock implements PlaceLock {
  private static final String SOMEBODY = "another process";

  private final LockFile lock;
  private final Path holder;

  private DiskLock(LockFile lock, Path holder) {
    this.lock = lock;
    this.holder = holder;
  }

  static Attempt attempt(Path folder, String name) throws IOException {
    Path holder = folder.resolve(name + ".holder");
    Optional<LockFile> held = LockFile.tryHold(folder.resolve(name + ".lock"));
    if (held.isEmpty()) {
      return Attempt.heldBy(words(holder));
    }
    try {
      Place.of(holder).write(Json.DOCUMENTS.writeValueAsBytes(Holder.here()));
      return Attempt.got(new DiskLock(held.get(), holder));
    } catch (IOException e) {
      held.get().close();
      throw e;
    }
  }

  /** Who has only just taken the lock is not written down yet, but perhaps one that was killed. */
  private static String words(Path holder) throws IOException {
    try {
      Holder last = Json.DOCUMENTS.readValue(Files.readAllBytes(holder), Holder.class);
      return last.isGone() ? SOMEBODY : last.toString();
    } catch (NoSuchFileException | JacksonException e) {
      return SOMEBODY;
    }
  }

  @Override
  public boolean isHeld() {
    return true;
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(holder);
    } catch (IOException e) {
      // the next holder writes it anew
    } finally {
      lock.close();
    }
  }
}
