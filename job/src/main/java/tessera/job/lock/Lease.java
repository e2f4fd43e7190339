package tessera.job.lock;

import com.fasterxml.jackson.core.JacksonException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tessera.Json;
import tessera.storage.Place;

/**
 * A lock where nothing but whole files can be written. Each holder creates a file with the next
 * number, which one alone can do, and writes it anew as long as it lives; the highest number
 * counts. The next number is free once the holder says that it is done, or once its file has not
 * changed for so long that the holder must be dead. Nobody compares clocks: who waits looks whether
 * the file changes. No number is used twice while somebody may still act on having seen it, since
 * the last file stays when its holder is done.
 */
final class Lease implements PlaceLock {
  /**
   * How fast a lease lives.
   *
   * @param beat between two writes of a holder
   * @param silence after which a holder counts as dead; several beats
   */
  record Pace(Duration beat, Duration silence) {
    static final Pace USUAL = new Pace(Duration.ofSeconds(5), Duration.ofSeconds(30));

    /** Between two looks at somebody's file. */
    Duration look() {
      return beat.dividedBy(5);
    }
  }

  /** What a lease's file says. */
  record Note(Holder holder, String token, long beat, boolean done) {
    byte[] bytes() throws IOException {
      return Json.DOCUMENTS.writeValueAsBytes(this);
    }
  }

  /** A lease's file as it was seen. */
  private record Seen(long number, byte[] content) {
    /** Empty where it is only half written, or by nobody here. */
    Optional<Note> note() {
      try {
        return Optional.of(Json.DOCUMENTS.readValue(content, Note.class));
      } catch (JacksonException e) {
        return Optional.empty();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    boolean isDone() {
      return note().filter(Note::done).isPresent();
    }
  }

  private final Place folder;
  private final String name;
  private final long number;
  private final Pace pace;
  private final Thread heart;
  private volatile Note note;
  private volatile boolean lost;

  private Lease(Place folder, String name, long number, Note note, Pace pace) {
    this.folder = folder;
    this.name = name;
    this.number = number;
    this.note = note;
    this.pace = pace;
    this.heart = new Thread(this::beat, "lease " + name);
    heart.setDaemon(true);
    heart.start();
  }

  static Attempt attempt(Place folder, String name, Pace pace) throws IOException {
    while (true) {
      Optional<Seen> last = last(folder, name);
      if (last.isPresent() && !last.get().isDone() && lives(folder, name, last.get(), pace)) {
        return Attempt.heldBy(
            last.get().note().map(note -> note.holder().toString()).orElse("another process"));
      }
      long next = last.map(seen -> seen.number() + 1).orElse(1L);
      Note note = new Note(Holder.here(), UUID.randomUUID().toString(), 0, false);
      if (file(folder, name, next).create(note.bytes())) {
        if (last(folder, name).filter(seen -> seen.number() > next).isEmpty()) {
          removeBefore(folder, name, next);
          return Attempt.got(new Lease(folder, name, next, note, pace));
        }
        file(folder, name, next).delete(); // others were here and went in the meantime
      }
    }
  }

  /** Whether a holder's file changes, or another's takes its place. */
  private static boolean lives(Place folder, String name, Seen seen, Pace pace) throws IOException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < pace.silence().toNanos()) {
      pause(pace.look());
      Optional<Seen> now = last(folder, name);
      if (now.isEmpty() || now.get().number() != seen.number()) {
        return now.isPresent() && !now.get().isDone();
      }
      if (!Arrays.equals(now.get().content(), seen.content())) {
        return !now.get().isDone();
      }
    }
    return false;
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Place file(Place folder, String name, long number) {
    return folder.resolve(name + ".lease-" + number);
  }

  private static List<Long> numbers(Place folder, String name) throws IOException {
    Pattern form = Pattern.compile(Pattern.quote(name) + "\\.lease-(\\d{1,18})");
    return folder.list().stream()
        .map(place -> form.matcher(place.name()))
        .filter(Matcher::matches)
        .map(matcher -> Long.parseLong(matcher.group(1)))
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  private static Optional<Seen> last(Place folder, String name) throws IOException {
    for (long number : numbers(folder, name)) {
      try {
        return Optional.of(new Seen(number, file(folder, name, number).read()));
      } catch (NoSuchFileException e) {
        continue; // removed by the holder of a higher one
      }
    }
    return Optional.empty();
  }

  private static void removeBefore(Place folder, String name, long number) throws IOException {
    for (long earlier : numbers(folder, name)) {
      if (earlier < number) {
        file(folder, name, earlier).delete();
      }
    }
  }

  private void beat() {
    while (!note.done() && !lost) {
      pause(pace.beat());
      synchronized (this) {
        if (!note.done() && !Thread.currentThread().isInterrupted()) {
          write(new Note(note.holder(), note.token(), note.beat() + 1, false));
        }
      }
    }
  }

  /** A beat that fails is one that is missing; the next may reach the storage. */
  private void write(Note next) {
    try {
      if (isLast()) {
        file(folder, name, number).write(next.bytes());
      } else {
        lost = true;
      }
      note = next;
    } catch (IOException e) {
      note = next.done() ? next : note;
    }
  }

  private boolean isLast() throws IOException {
    return last(folder, name).filter(seen -> seen.number() > number).isEmpty();
  }

  @Override
  public boolean isHeld() {
    try {
      return !lost && isLast();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public synchronized void close() {
    write(new Note(note.holder(), note.token(), note.beat() + 1, true));
    heart.interrupt();
  }
}
