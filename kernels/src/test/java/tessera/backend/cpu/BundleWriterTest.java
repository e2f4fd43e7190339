package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.integrity.Trust;
import tessera.runtime.BundleCopy;
import tessera.runtime.BundleWriter;
import tessera.runtime.TunedOperator;
import tessera.storage.Place;

final class BundleWriterTest {
  private static CpuBackend backend;

  @TempDir private Path folder;

  @BeforeAll
  static void detect() {
    backend = CpuBackend.detect();
  }

  private Path publish() {
    return SampleBundle.publish(
        backend.target(), "none", backend.target().deviceKey(), folder.resolve("bundles"));
  }

  @Test
  void publish_aFileInTheFoldersPlace_isAMistakeThatNamesIt() throws IOException {
    Path file = Files.createFile(folder.resolve("bundles"));
    UserError error = assertThrows(UserError.class, this::publish);
    assertTrue(
        error.getMessage().startsWith("the bundle cannot be published under " + file),
        error.getMessage());
    assertTrue(error.getMessage().endsWith("and go on with --resume"), error.getMessage());
  }

  @Test
  void publish_everyFolderAndFile_hasTheModeThatTheUmaskGives() throws IOException {
    Path bundle = publish();
    Path plainFolder = Files.createDirectory(folder.resolve("plain"));
    Path plainFile = Files.createFile(plainFolder.resolve("file"));
    try (Stream<Path> all = Files.walk(bundle)) {
      for (Path path : all.toList()) {
        assertEquals(
            Files.getPosixFilePermissions(Files.isDirectory(path) ? plainFolder : plainFile),
            Files.getPosixFilePermissions(path),
            path.toString());
      }
    }
  }

  /** As a process leaves them that is killed while it publishes, and one that still does. */
  @Test
  void publish_unfinishedFoldersOfOthers_removesThoseOfAnHourAgo() throws IOException {
    Path home = publish().getParent();
    Path stale = Files.createDirectory(home.resolve(".publishing-stale"));
    Files.createFile(stale.resolve("manifest.json"));
    Files.setLastModifiedTime(stale, FileTime.from(Instant.now().minus(Duration.ofMinutes(61))));
    Files.createDirectory(home.resolve(".publishing-now"));
    publish();
    try (Stream<Path> files = Files.list(home)) {
      assertEquals(
          List.of(".publishing-now", "latest", "v0001", "v0002"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void publish_failureInItsLastStep_leavesNothing() throws IOException {
    Path home = publish().getParent();
    Path latest = home.resolve("latest");
    Files.delete(latest);
    // a link cannot be renamed to a folder
    Files.createDirectory(latest);
    assertThrows(UserError.class, this::publish);
    try (Stream<Path> files = Files.list(home)) {
      assertEquals(
          List.of("latest", "v0001"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void open_bundleThatWasWithdrawn_isRefusedWithItsFault() {
    Place sound = Place.of(publish());
    Place withdrawn = Place.of(publish());
    BundleWriter.withdraw(withdrawn, "it hangs");
    String refusal = withdrawn + " was withdrawn: it hangs; give another version of the bundle";
    Path copy = folder.resolve("copy");
    for (Executable opening :
        List.<Executable>of(
            () -> BundleCopy.of(withdrawn, Trust.anyone()),
            () -> BundleCopy.fetch(withdrawn, copy, Trust.anyone()),
            () -> TunedOperator.open(withdrawn.onDisk().orElseThrow()))) {
      assertEquals(refusal, assertThrows(UserError.class, opening).getMessage());
    }
    assertTrue(Files.notExists(copy));
    BundleCopy.fetch(sound, copy, Trust.anyone());
    assertTrue(Files.isDirectory(copy));
  }

  @Test
  void withdraw_theLatest_latestIsTheNewestSoundOneBeforeOrNone() throws IOException {
    Path first = publish();
    Path second = publish();
    Path third = publish();
    Path latest = first.resolveSibling("latest");
    BundleWriter.withdraw(Place.of(third), "it hangs");
    assertEquals(second.getFileName(), Files.readSymbolicLink(latest));
    assertEquals("it hangs\n", Files.readString(third.resolve("FAULT")));
    BundleWriter.withdraw(Place.of(first), "it is slow");
    assertEquals(second.getFileName(), Files.readSymbolicLink(latest));
    BundleWriter.withdraw(Place.of(second), "it crashes");
    assertTrue(Files.notExists(latest, LinkOption.NOFOLLOW_LINKS));
    Path fourth = publish();
    assertEquals("v0004", fourth.getFileName().toString());
    assertEquals(fourth.getFileName(), Files.readSymbolicLink(latest));
  }
}
