package tessera.job.records;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Target;
import tessera.compile.DiskFiles;
import tessera.job.search.SearchMethod;
import tessera.workload.Budget;
import tessera.workload.Effort;

/** {@code <out>/runs/<run>}: the settings of a run, its workload file, and its trial log. */
public final class RunFolder {
  private static final String SETTINGS = "run.json";
  private static final String RUNS = "runs";
  private static final String WORKLOAD = "workload.yaml";

  /**
   * What a run was started with; a resumed run goes on with the same.
   *
   * @param effort of a run of version 1 the one that its trials fit, by which it went
   * @param workloadFile where the workload was read from; relative paths in it start there
   */
  public record Settings(
      int schemaVersion,
      String workloadFile,
      Effort effort,
      Budget budget,
      SearchMethod strategy,
      long seed,
      int threads,
      Target target) {
    /** Of version 2 is the effort. */
    public static final int SCHEMA_VERSION = 2;

    /** Settings of any version so far, with what theirs lacks; empty for those of a later one. */
    static Optional<Settings> read(ObjectNode settings) throws JsonProcessingException {
      int version = settings.path("schemaVersion").asInt();
      if (version > SCHEMA_VERSION) {
        return Optional.empty();
      }
      if (version == 1) {
        int trials = settings.path("budget").path("trials").asInt();
        settings.put("effort", Effort.fitting(trials).key());
      }
      return Optional.of(Json.DOCUMENTS.treeToValue(settings, Settings.class));
    }
  }

  private final Path folder;
  private final Path out;

  private RunFolder(Path folder, Path out) {
    this.folder = folder;
    this.out = out;
  }

  /** A new folder named after the workload and the time. */
  public static RunFolder create(
      Path out, String workloadName, Settings settings, Path workloadFile) {
    LocalDateTime now = LocalDateTime.now(ZoneId.systemDefault());
    String stamp = now.format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS", Locale.ROOT));
    Path folder = out.resolve(RUNS).resolve(workloadName + "-" + stamp);
    try {
      Files.createDirectories(folder);
      try {
        Files.copy(workloadFile, folder.resolve(WORKLOAD), StandardCopyOption.REPLACE_EXISTING);
        Path part = folder.resolve(SETTINGS + ".part");
        DiskFiles.write(part, Json.DOCUMENTS.writeValueAsBytes(settings));
        Files.move(part, folder.resolve(SETTINGS), StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        DiskFiles.delete(folder);
        throw e;
      }
      return new RunFolder(folder, out);
    } catch (IOException e) {
      throw UserError.of(
          "the run folder " + folder + " cannot be written",
          e,
          "free space or mend its permissions, or give another with --out");
    }
  }

  /** What is said where a run cannot write its results. */
  public static UserError unwritable(Path run, IOException cause) {
    return UserError.of(
        "the run folder " + run + " cannot be written",
        cause,
        "free space or mend its permissions, and go on with " + resumption(run));
  }

  /** The command that goes on with this run. */
  public String resumption() {
    return resumption(folder);
  }

  private static String resumption(Path run) {
    String name = run.toString();
    // as a shell takes it
    boolean plain = name.matches("[\\w@%+=:,./-]+");
    return "tessera tune --resume " + (plain ? name : "'" + name.replace("'", "'\\''") + "'");
  }

  /** An earlier run, by its name under {@code <out>/runs} or its path. */
  public static RunFolder open(Path out, String run) {
    Path named = out.resolve(RUNS).resolve(run);
    Path folder = Files.isDirectory(named) ? named : Path.of(run).toAbsolutePath().normalize();
    if (!isOne(folder)) {
      throw new UserError(
          "there is no run '"
              + run
              + "' under "
              + out.resolve(RUNS)
              + "; give the name that tune printed, and its --out");
    }
    return new RunFolder(folder, home(folder).orElse(out));
  }

  /** Whether a folder is that of a run. */
  public static boolean isOne(Path folder) {
    return Files.isRegularFile(folder.resolve(SETTINGS));
  }

  /** The folder with the runs that a run is one of. */
  private static Optional<Path> home(Path run) {
    Path runs = run.toAbsolutePath().normalize().getParent();
    return Optional.ofNullable(runs).filter(folder -> folder.endsWith(RUNS)).map(Path::getParent);
  }

  public Settings settings() {
    try {
      return Settings.read(
              Json.DOCUMENTS.readValue(folder.resolve(SETTINGS).toFile(), ObjectNode.class))
          .orElseThrow(
              () ->
                  new UserError(
                      folder + " was written by a newer Tessera; update Tessera to resume it"));
    } catch (JacksonException e) {
      throw new UserError(
          folder.resolve(SETTINGS)
              + " is unreadable ("
              + e.getOriginalMessage()
              + "); start a new run",
          e);
    } catch (IOException e) {
      throw UserError.of(folder.resolve(SETTINGS) + " cannot be read", e, "check its permissions");
    }
  }

  /** Where the log of a search for one instance alone is, by the instance's place. */
  public Path search(int instance) {
    return folder.resolve("shape-" + instance);
  }

  /** The folders with the logs of the run's searches. */
  public List<Path> searches() {
    return settings().strategy() == SearchMethod.PER_SHAPE
        ? Stream.iterate(0, i -> i + 1).map(this::search).takeWhile(Files::isDirectory).toList()
        : List.of(folder);
  }

  public String name() {
    return folder.getFileName().toString();
  }

  public Path path() {
    return folder;
  }

  /** Where the run's bundle goes: the folder that holds its {@code runs}. */
  public Path out() {
    return out;
  }

  /** The workload as it was when the run started. */
  public Path workload() {
    return folder.resolve(WORKLOAD);
  }
}
