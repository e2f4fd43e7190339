package tessera.notebooks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/notebook}, as a user calls it in a checkout that is built. */
final class NotebooksIT {
  private static final Path SCRIPT = Path.of("../scripts/notebook");
  private static final Path RESULTS = Notebook.FOLDER.resolve("target/run");
  private static final int MOST_MINUTES = 15;

  /** How the script ended, and what it said. */
  private record Ended(int code, String output) {}

  @BeforeAll
  static void isPacked() {
    assumeTrue(
        System.getProperty("tessera.application") != null,
        "the jar is packed by Maven only, before its integration tests");
    assumeTrue(ModuleFinder.ofSystem().find("jdk.jshell").isPresent(), "this Java has no JShell");
  }

  private static void assumeJupyter() {
    for (String tool : List.of("jupyter-notebook", "jupyter-nbconvert", "mvn")) {
      assumeTrue(isHere(tool), tool + " was not found");
    }
  }

  private static boolean isHere(String tool) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(folder -> new File(folder, tool).canExecute());
  }

  private static Ended run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(SCRIPT.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    Path said = Files.createTempFile("notebook", ".log");
    Process process = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
    process.getOutputStream().close();
    try {
      assertTrue(process.waitFor(MOST_MINUTES, TimeUnit.MINUTES), "the notebooks do not end");
      return new Ended(process.exitValue(), Files.readString(said, StandardCharsets.UTF_8));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      Files.delete(said);
    }
  }

  /** They work on recorded runs, so what they print is what the committed ones show. */
  @Test
  @Tag("thorough")
  void run_allNotebooks_showWhatIsCommitted() throws IOException, InterruptedException {
    assumeJupyter();
    Ended ended = run(Map.of(), "--run");
    assertEquals(0, ended.code(), ended.output());
    for (String name : Notebook.names()) {
      Notebook now = Notebook.read(RESULTS.resolve(name + ".ipynb"));
      List<Notebook.Cell> committed = Notebook.committed(name).cells();
      for (int i = 0; i < committed.size(); i++) {
        Notebook.Cell cell = now.cells().get(i);
        assertTrue(cell.ran(), cell.source());
        assertEquals(List.of(), cell.errors(), cell.source());
        assertEquals(committed.get(i).text(), cell.text(), cell.source());
        assertEquals(committed.get(i).pictures().size(), cell.pictures().size(), cell.source());
      }
      now.pictures().forEach(picture -> CommittedNotebooksTest.assertChart(name, picture));
    }
  }

  @Test
  @Tag("thorough")
  void run_runThatIsNotThere_failsWithTheReason() throws IOException, InterruptedException {
    assumeJupyter();
    Ended ended = run(Map.of("TESSERA_RUN", "runs/none"), "--run", "anatomy-of-a-run");
    assertEquals(1, ended.code(), ended.output());
    assertTrue(
        ended.output().contains("notebook: anatomy-of-a-run failed")
            && ended.output().contains("runs/none does not exist"),
        ended.output());
  }

  @Test
  void run_notebookThatIsNotThere_isRefused() throws IOException, InterruptedException {
    assertEquals(
        new Ended(
            2,
            "notebook: there is no notebook 'mine'; there are "
                + String.join(" ", Notebook.names())
                + "\n"),
        run(Map.of(), "--run", "mine"));
  }

  @Test
  void run_withoutJupyter_namesTheRemedy(@TempDir Path tools)
      throws IOException, InterruptedException {
    for (String tool : List.of("bash", "basename", "dirname", "find", "head", "locale", "sed")) {
      Path there = Path.of("/usr/bin", tool);
      assumeTrue(Files.isExecutable(there), there + " was not found");
      Files.createSymbolicLink(tools.resolve(tool), there);
    }
    assertEquals(
        new Ended(
            2,
            "notebook: Jupyter's notebook was not found (Debian and Ubuntu: apt-get install"
                + " jupyter-notebook jupyter-nbconvert)\n"),
        run(Map.of("PATH", tools.toString()), "--run"));
  }
}
