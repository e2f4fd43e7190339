package tessera.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tessera.UserError;
import tessera.storage.DiskFiles;

final class ArtifactCacheTest {
  private static final SourceUnit UNIT =
      new SourceUnit("unit.c", Map.of("unit.c", "int x;", "unit.h", ""), List.of("-O3"));

  private static final byte[] COMPILED = "compiled".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path folder;

  private final AtomicInteger compiles = new AtomicInteger();

  private BuildResult compile(Path building, Path artifact) throws IOException {
    compiles.incrementAndGet();
    Files.write(artifact, COMPILED);
    Files.writeString(building.resolve("build.log"), "42 registers");
    return new BuildResult(BuildResult.Status.OK, Optional.of(artifact), "", 7);
  }

  private Path get() {
    return new ArtifactCache(folder.resolve("builds"))
        .get(UNIT, "cc 1", this::compile)
        .artifact()
        .orElseThrow();
  }

  /** What may become of an entry's files. */
  private enum Damage {
    ARTIFACT_TRUNCATED {
      @Override
      void to(Path entry) throws IOException {
        Files.writeString(entry.resolve("artifact"), "comp");
      }
    },
    ARTIFACT_FLIPPED {
      @Override
      void to(Path entry) throws IOException {
        Files.writeString(entry.resolve("artifact"), "compilee");
      }
    },
    ARTIFACT_EMPTY {
      @Override
      void to(Path entry) throws IOException {
        Files.write(entry.resolve("artifact"), new byte[0]);
      }
    },
    ARTIFACT_MISSING {
      @Override
      void to(Path entry) throws IOException {
        Files.delete(entry.resolve("artifact"));
      }
    },
    LOG_FLIPPED {
      @Override
      void to(Path entry) throws IOException {
        Files.writeString(entry.resolve("build.log"), "43 registers");
      }
    },
    SUMS_GARBLED {
      @Override
      void to(Path entry) throws IOException {
        Files.write(entry.resolve("SHA256SUMS"), new byte[] {(byte) 0xff, 0, '\n', (byte) 0x80});
      }
    },
    SUMS_EMPTY_AND_NO_FILES {
      @Override
      void to(Path entry) throws IOException {
        DiskFiles.delete(entry);
        Files.createDirectory(entry);
        Files.createFile(entry.resolve("SHA256SUMS"));
      }
    },
    /** As the version before wrote entries. */
    SUMS_MISSING {
      @Override
      void to(Path entry) throws IOException {
        Files.delete(entry.resolve("SHA256SUMS"));
      }
    },
    ENTRY_IS_A_FILE {
      @Override
      void to(Path entry) throws IOException {
        DiskFiles.delete(entry);
        Files.createFile(entry);
      }
    };

    abstract void to(Path entry) throws IOException;
  }

  @Test
  void get_secondTime_compilesNothing() throws IOException {
    assertEquals(get(), get());
    assertEquals(1, compiles.get());
    assertEquals(List.of(), leftovers());
  }

  @ParameterizedTest
  @EnumSource
  void get_damagedEntry_isRebuiltAndReplaced(Damage damage) throws IOException {
    Path artifact = get();
    damage.to(artifact.getParent());
    assertEquals(artifact, get());
    assertEquals(2, compiles.get());
    assertEquals("compiled", Files.readString(artifact));
    assertEquals("42 registers", Files.readString(artifact.resolveSibling("build.log")));
    get();
    assertEquals(2, compiles.get(), "the new entry is whole");
    assertEquals(List.of(), leftovers());
  }

  @Test
  void get_damagedEntryByManyAtOnce_isWholeForEach() throws Exception {
    int many = 8;
    ExecutorService threads = Executors.newFixedThreadPool(many);
    CyclicBarrier start = new CyclicBarrier(many);
    Damage.ARTIFACT_TRUNCATED.to(get().getParent());
    List<Future<String>> read = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      Callable<String> reader =
          () -> {
            start.await();
            return Files.readString(get());
          };
      read.add(threads.submit(reader));
    }
    for (Future<String> text : read) {
      assertEquals("compiled", text.get());
    }
    threads.shutdown();
    assertEquals(List.of(), leftovers());
  }

  /** Finds an entry or repairs it, and damages it, again and again. */
  static final class Repairer {
    public static void main(String[] arguments) throws IOException {
      Path root = Path.of(arguments[0]);
      for (int i = 0; i < 50; i++) {
        ArtifactCache cache = new ArtifactCache(root);
        Path artifact =
            cache
                .get(
                    UNIT,
                    "cc 1",
                    (building, file) -> {
                      Files.write(file, COMPILED);
                      return new BuildResult(BuildResult.Status.OK, Optional.of(file), "", 1);
                    })
                .artifact()
                .orElseThrow();
        DiskFiles.delete(artifact);
      }
      System.out.println("repaired");
    }
  }

  @Test
  void get_damagedEntriesInTwoProcesses_neitherFails() throws Exception {
    Path root = folder.resolve("builds");
    List<String> command = JavaCommand.of(Repairer.class).with(ArtifactCache.class).build();
    command.add(root.toString());
    ExecutorService threads = Executors.newFixedThreadPool(2);
    Callable<Subprocess.Result> repair =
        () -> Subprocess.run(command, folder, Duration.ofSeconds(120));
    for (Future<Subprocess.Result> ended : threads.invokeAll(List.of(repair, repair))) {
      assertEquals("repaired\n", ended.get().output());
    }
    threads.shutdown();
    assertEquals("compiled", Files.readString(get()));
    assertEquals(List.of(), leftovers());
  }

  @Test
  void get_stoppedCompilerStillWrites_isATimeout() throws Exception {
    AtomicBoolean goesOn = new AtomicBoolean(true);
    List<Thread> compilers = new ArrayList<>();
    BuildResult result =
        new ArtifactCache(folder.resolve("builds"))
            .get(
                UNIT,
                "cc 1",
                (building, artifact) -> {
                  Thread compiler = new Thread(() -> writeTo(building, goesOn));
                  compilers.add(compiler);
                  compiler.start();
                  return new BuildResult(BuildResult.Status.TIMEOUT, Optional.empty(), "late", 1);
                });
    goesOn.set(false);
    compilers.get(0).join();
    assertEquals(BuildResult.Status.TIMEOUT, result.status());
  }

  /** New files and folders as fast as they can be made, until the folder is gone. */
  private static void writeTo(Path building, AtomicBoolean goesOn) {
    try {
      for (int i = 0; goesOn.get(); i++) {
        Files.createFile(building.resolve("part" + i));
        Files.createDirectory(building.resolve("parts" + i));
      }
    } catch (IOException e) {
      // the folder was removed before this could hinder it
    }
  }

  @Test
  void get_aFileInTheCachesPlace_isAMistakeThatNamesIt() throws IOException {
    Path file = Files.createFile(folder.resolve("builds"));
    UserError error = assertThrows(UserError.class, this::get);
    assertTrue(
        error.getMessage().startsWith("the build cache " + file + " cannot be written ("),
        error.getMessage());
    assertTrue(error.getMessage().endsWith("with XDG_CACHE_HOME"), error.getMessage());
  }

  @Test
  void get_diskIsFull_isAMistakeAndLeavesNothing() throws IOException {
    ArtifactCache cache = new ArtifactCache(folder.resolve("builds"));
    UserError error =
        assertThrows(
            UserError.class,
            () ->
                cache.get(
                    UNIT,
                    "cc 1",
                    (building, artifact) -> {
                      throw new IOException("No space left on device");
                    }));
    assertEquals(
        "the build cache "
            + folder.resolve("builds")
            + " cannot be written (No space left on device); free space or mend its permissions, or name another folder with XDG_CACHE_HOME",
        error.getMessage());
    assertEquals(List.of(), leftovers());
  }

  @Test
  void get_failure_isNotKept() throws IOException {
    ArtifactCache cache = new ArtifactCache(folder.resolve("builds"));
    BuildResult failed =
        new BuildResult(BuildResult.Status.FAILED, Optional.empty(), "unit.c:1: error", 1);
    assertEquals(failed, cache.get(UNIT, "cc 1", (building, artifact) -> failed));
    assertEquals(List.of(), leftovers());
    get();
    assertEquals(1, compiles.get());
  }

  /** Whatever is neither an entry nor the lock. */
  private List<Path> leftovers() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("builds"))) {
      return files
          .filter(file -> !file.endsWith(".lock") && !file.getFileName().toString().matches("\\w+"))
          .toList();
    }
  }
}
