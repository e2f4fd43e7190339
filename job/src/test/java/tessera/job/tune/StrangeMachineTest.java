package tessera.job.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tuning in processes whose account, folders or locale are not those of the developers. */
final class StrangeMachineTest {
  private static final String WORKLOAD =
      """
      operator: dense
      prepare: never
      extents: {m: 16 * T, n: 64, k: 64}
      variables:
        T: {from: 1, to: 8}
      samples: 4
      budget: {trials: 24, seconds: 100}
      """;

  private static final long STRANGER = 54321;

  @TempDir private Path folder;

  private final Map<String, String> environment = new TreeMap<>();
  private final List<String> javaOptions = new ArrayList<>();

  /** What stands before the command. */
  private final List<String> prefix = new ArrayList<>();

  private record Ran(int code, String output) {}

  @BeforeEach
  void writeWorkload() throws IOException {
    Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    environment.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    environment.put("LC_ALL", "C.UTF-8");
  }

  private Ran tune(String... arguments) throws Exception {
    return run(Stream.concat(Stream.of("tune"), Arrays.stream(arguments)).toList());
  }

  private Ran run(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(TuneEndToEndTest.command(arguments.toArray(new String[0])));
    command.addAll(command.indexOf("-cp"), javaOptions);
    return ended(command);
  }

  private Ran ended(List<String> command) throws Exception {
    Path log = Files.createTempFile("strange", ".log");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().keySet().removeAll(List.of("HOME", "LANG", "LANGUAGE"));
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(300, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      return new Ran(process.waitFor(), Files.readString(log, StandardCharsets.UTF_8));
    } finally {
      Files.delete(log);
    }
  }

  private static void assertDelivers(Ran ran) {
    assertEquals(0, ran.code, ran.output);
    assertTrue(ran.output.lines().anyMatch(line -> line.startsWith("bundle: ")), ran.output);
  }

  /** The last line is the sentence; progress may stand before it, but no stack trace. */
  private static void assertMistake(String start, String end, Ran ran) {
    assertEquals(2, ran.code, ran.output);
    String last = ran.output.lines().reduce((first, second) -> second).orElse("");
    assertTrue(last.startsWith("tessera: " + start), ran.output);
    assertTrue(last.endsWith(end), ran.output);
    assertTrue(!ran.output.contains("\tat "), ran.output);
  }

  /** From here on the command runs as a user whom the system does not list. */
  private void becomeAStranger() throws Exception {
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
        "only root can run a command as another user");
    assumeTrue(
        ended(List.of("sh", "-c", "command -v setpriv")).code == 0, "setpriv is not installed");
    // who owns the folder of the test: what is in it is the stranger's to change
    Files.setAttribute(folder, "unix:uid", (int) STRANGER, LinkOption.NOFOLLOW_LINKS);
    prefix.addAll(
        List.of(
            "setpriv",
            "--reuid=" + STRANGER,
            "--regid=" + STRANGER,
            "--clear-groups",
            // to read the class path, wherever it is, but not to write
            "--inh-caps=+dac_read_search",
            "--ambient-caps=+dac_read_search"));
    Ran tried = ended(Stream.concat(prefix.stream(), Stream.of("true")).toList());
    assumeTrue(tried.code == 0, "setpriv does not work here: " + tried.output);
  }

  /** A run in a locale with other digits, its bundle published once more from another folder. */
  @Tag("thorough")
  @Test
  void resume_arabicDigitsOtherFolderTruncatedCache_publishesWhereTheRunBelongs() throws Exception {
    javaOptions.addAll(List.of("-Duser.language=fa", "-Duser.country=IR"));
    assertDelivers(tune("small.yaml", "--out", "first"));
    Path run = only(folder.resolve("first/runs"));
    assertTrue(Files.exists(run.resolve("trials/round=0000/_SUCCESS")));
    truncateCache();
    Ran resumed = tune("--resume", folder.relativize(run).toString());
    assertDelivers(resumed);
    Path bundles = only(only(folder.resolve("first/bundles")));
    assertTrue(Files.exists(bundles.resolve("v0002")), resumed.output);
    assertTrue(!Files.exists(folder.resolve("out")), resumed.output);
    Ran inspected = run(List.of("inspect", run.toString()));
    assertEquals(0, inspected.code, inspected.output);
    assertTrue(inspected.output.chars().noneMatch(c -> c >= '۰' && c <= '۹'), inspected.output);
  }

  private void truncateCache() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("cache/tessera"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] content = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(content, Math.min(100, content.length)));
      }
    }
  }

  @Tag("thorough")
  @Test
  void tune_foldersWithSpacesAndLettersOfManyAlphabets_delivers() throws Exception {
    // named by the shell: the process that runs this test may not know these letters
    String named = "Übung ядро 核";
    environment.put("NAMED", named);
    assertEquals(
        0,
        ended(List.of("sh", "-c", "mkdir \"$NAMED\"; mv small.yaml \"$NAMED\"/größe.yaml")).code);
    prefix.addAll(
        List.of(
            "sh",
            "-c",
            "export XDG_CACHE_HOME=\"$PWD/$NAMED/cache\"; exec \"$@\" tune \"$NAMED/größe.yaml\" --out \"$NAMED/out\"",
            "sh"));
    assertDelivers(run(List.of()));
    Ran rounds = ended(List.of("sh", "-c", "ls \"$NAMED\"/out/runs/*/trials/round=0000/_SUCCESS"));
    assertEquals(0, rounds.code, rounds.output);
  }

  @Test
  void tune_localeWithoutTheLettersOfAPath_saysWhatToSet() throws Exception {
    environment.put("LC_ALL", "C");
    javaOptions.add("-Dsun.jnu.encoding=ANSI_X3.4-1968");
    prefix.addAll(List.of("sh", "-c", "exec \"$@\" tune \"$(printf '\\303\\274.yaml')\"", "sh"));
    Ran ran = run(List.of());
    assertEquals(2, ran.code, ran.output);
    assertTrue(ran.output.contains("set LC_ALL=C.UTF-8"), ran.output);
    assertTrue(!ran.output.contains("\tat "), ran.output);
  }

  @Tag("thorough")
  @Test
  void tune_userWithoutNameOrHome_delivers() throws Exception {
    becomeAStranger();
    assertDelivers(tune("small.yaml"));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          List.of("cache", "out", "small.yaml"),
          files.map(file -> file.getFileName().toString()).sorted().toList(),
          "no folder is named '?'");
    }
  }

  @Test
  void tune_userWithoutHomeOrCache_saysWhatToSet() throws Exception {
    becomeAStranger();
    environment.remove("XDG_CACHE_HOME");
    prefix.addAll(List.of("env", "-u", "XDG_CACHE_HOME"));
    assertMistake(
        "there is no folder for the build cache",
        "set XDG_CACHE_HOME to the absolute path of a writable folder",
        tune("small.yaml"));
  }

  @Tag("thorough")
  @Test
  void tune_foldersOfAnotherUser_namesEach() throws Exception {
    becomeAStranger();
    Path taken = Files.createDirectory(folder.resolve("taken"));
    Files.setPosixFilePermissions(taken, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertMistake(
        "the folder taken/out of --out cannot be written (permission denied)",
        "or give another with --out",
        tune("small.yaml", "--out", "taken/out"));
    environment.put("XDG_CACHE_HOME", taken.toString());
    assertMistake(
        "the build cache " + taken + "/tessera/builds cannot be written (permission denied)",
        "with XDG_CACHE_HOME",
        tune("small.yaml"));
    environment.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path lock = Files.createFile(temporary.resolve("tessera-cpu.lock"));
    Files.setPosixFilePermissions(lock, PosixFilePermissions.fromString("rw-r--r--"));
    javaOptions.add("-Dtessera.locks=" + temporary);
    assertMistake(
        "the lock file " + lock + " cannot be written (permission denied)",
        "-Dtessera.locks=FOLDER",
        tune("small.yaml"));
  }

  @Test
  void tune_cacheThatCannotBe_namesIt() throws Exception {
    environment.put("XDG_CACHE_HOME", "/proc/nope");
    assertMistake(
        "the build cache /proc/nope/tessera/builds cannot be written",
        "with XDG_CACHE_HOME",
        tune("small.yaml"));
    Files.createFile(folder.resolve("cache"));
    environment.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    assertMistake(
        "the build cache " + folder.resolve("cache/tessera/builds") + " cannot be written",
        "with XDG_CACHE_HOME",
        tune("small.yaml"));
    assertTrue(!Files.exists(folder.resolve("out")), "nothing is begun");
  }

  @Test
  void tune_noTemporaryFolder_namesIt() throws Exception {
    Path none = folder.resolve("none");
    javaOptions.add("-Djava.io.tmpdir=" + none);
    assertMistake(
        "the temporary folder " + none + " cannot be written",
        "-Djava.io.tmpdir=FOLDER",
        tune("small.yaml"));
  }

  /** A file system of a few kilobytes in the test's folder. */
  private AutoCloseable disk(String name, String size) throws Exception {
    Path place = Files.createDirectories(folder.resolve(name));
    Ran mounted =
        ended(List.of("mount", "-t", "tmpfs", "-o", "size=" + size, "none", place.toString()));
    assumeTrue(mounted.code == 0, "a small disk cannot be mounted here: " + mounted.output);
    return () -> ended(List.of("umount", "-l", place.toString()));
  }

  @Tag("thorough")
  @Test
  void tune_fullDisks_nameTheirFolderAndLeaveNothingHalfWritten() throws Exception {
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "only root can mount");
    try (AutoCloseable disk = disk("cache", "300k")) {
      assertMistake(
          "the build cache " + folder.resolve("cache/tessera"),
          "with XDG_CACHE_HOME",
          tune("small.yaml"));
      try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
        assertTrue(files.noneMatch(file -> file.getFileName().toString().startsWith(".building")));
      }
    }
    try (AutoCloseable disk = disk("temporary", "100k")) {
      javaOptions.add("-Djava.io.tmpdir=" + folder.resolve("temporary"));
      assertMistake(
          "the temporary folder " + folder.resolve("temporary") + " cannot be written",
          "-Djava.io.tmpdir=FOLDER",
          tune("small.yaml"));
      javaOptions.clear();
    }
  }

  @Tag("thorough")
  @Test
  void resume_whenThereIsRoomAgain_goesOn() throws Exception {
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "only root can mount");
    try (AutoCloseable disk = disk("out", "24k")) {
      Ran full = tune("small.yaml");
      assertMistake("the run folder out/runs/small-", "", full);
      assertTrue(full.output.contains("go on with tessera tune --resume out/runs/small-"));
      assertEquals(
          0,
          ended(List.of("mount", "-o", "remount,size=64m", folder.resolve("out").toString())).code);
      assertDelivers(
          tune("--resume", "out/runs/" + only(folder.resolve("out/runs")).getFileName()));
    }
  }

  private static Path only(Path parent) throws IOException {
    try (Stream<Path> children = Files.list(parent)) {
      return children.findFirst().orElseThrow();
    }
  }
}
