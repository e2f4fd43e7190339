package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Python;
import tessera.UserError;
import tessera.runtime.TunedOperator;
import tessera.storage.DiskFiles;

/** Bundles that are damaged at random: all are refused, and nothing of them is loaded. */
final class CorruptionTest {
  @TempDir private Path folder;

  private final long seed = System.nanoTime();
  private Path bundle;

  @BeforeEach
  void publish() {
    CpuBackend backend = CpuBackend.detect();
    bundle =
        SampleBundle.publish(
            backend.target(), "none", backend.target().deviceKey(), folder.resolve("bundles"));
  }

  private Path copy(String name) throws IOException {
    Path to = folder.resolve(name);
    try (Stream<Path> paths = Files.walk(bundle)) {
      for (Path path : paths.toList()) {
        Files.copy(path, to.resolve(bundle.relativize(path).toString()));
      }
    }
    return to;
  }

  /** Libraries of bundles that this process has loaded. */
  private static long loaded() throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.contains("libtessera.so")).count();
    }
  }

  private void refuseAll(int count) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    long before = loaded();
    for (int i = 0; i < count; i++) {
      Path copy = copy("copy" + i);
      String what = Corruption.of(copy, random) + " (seed " + seed + ", copy " + i + ")";
      UserError error = assertThrows(UserError.class, () -> TunedOperator.open(copy).close(), what);
      assertTrue(error.getMessage().startsWith(copy.toString()), what + ": " + error.getMessage());
      assertEquals(before, loaded(), what);
      DiskFiles.delete(copy);
    }
  }

  @Test
  void open_damagedAtRandom_isRefused() throws IOException {
    refuseAll(60);
  }

  @Test
  @Tag("thorough")
  void open_aThousandDamagedAtRandom_isRefused() throws IOException {
    refuseAll(1000);
  }

  @Test
  void open_inPython_damagedAtRandom_isRefused() throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    List<String> arguments = new ArrayList<>();
    String script =
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        import tessera
        for folder in sys.argv[2:]:
            try:
                tessera.Operator(folder)
                print("accepted", folder)
            except tessera.TesseraError as error:
                if error.status not in ("CORRUPT", "NOT_FOUND") or not str(error).startswith(folder):
                    print(error.status, error)
        print("loaded" if "libtessera.so" in open("/proc/self/maps").read() else "nothing loaded")
        tessera.Operator()
        print("loaded" if "libtessera.so" in open("/proc/self/maps").read() else "nothing loaded")
        """;
    arguments.addAll(List.of("-c", script, bundle.toString()));
    StringBuilder all = new StringBuilder("seed " + seed);
    for (int i = 0; i < 60; i++) {
      Path copy = copy("copy" + i);
      all.append('\n').append(copy).append(": ").append(Corruption.of(copy, random));
      arguments.add(copy.toString());
    }
    assertTrue(Files.exists(bundle, LinkOption.NOFOLLOW_LINKS));
    assertEquals("nothing loaded\nloaded\n", Python.run(arguments).output(), all.toString());
  }
}
