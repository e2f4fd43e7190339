package tessera.job.records;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.effort.EffortRow;
import tessera.integrity.CheckedFolder;
import tessera.job.search.SearchMethod;
import tessera.runtime.Bundle;
import tessera.storage.Place;
import tessera.storage.StorageFailure;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Preparation;
import tessera.workload.TargetKind;
import tessera.workload.WorkloadFile;
import tessera.workload.timed.Sampling;
import tessera.workload.trace.Trace;
import tessera.workload.trace.TraceChoice;
import tessera.workload.trace.TraceReader;

/** {@code <out>/runs/<run>}: the settings of a run, its workload file, and its trial log. */
public final class RunFolder {
  private static final String SETTINGS = "run.json";
  private static final String RESULT = "result.json";
  private static final String RUNS = "runs";
  private static final String WORKLOAD = "workload.yaml";
  private static final String TRACE = "trace.csv";

  /**
   * What a run was started with; a resumed run goes on with the same.
   *
   * @param effort of a run of version 1 the one that its trials fit, by which it went
   * @param workloadFile where the workload was read from; relative paths in it start there
   * @param signed whether its bundle is; of a run before version 3 nobody knows, and it need not be
   * @param warmFrom the former runs that it begins with, as their places were given; none before
   *     version 4
   * @param trace what its shapes and weights were read from in place of the workload file; empty
   *     where they are the file's, as in a run before version 5
   * @param prepare the key of what becomes of weights where the workload file does not say it;
   *     never before version 7
   */
  public record Settings(
      int schemaVersion,
      String workloadFile,
      Effort effort,
      Budget budget,
      SearchMethod strategy,
      long seed,
      int threads,
      boolean signed,
      List<String> warmFrom,
      String trace,
      String prepare,
      Target target) {
    /**
     * Of version 2 is the effort, of version 3 whether the bundle is signed, of version 4 what the
     * run begins with, of version 5 the trace; version 6 says that shapes are sampled in another
     * way than before; of version 7 is what becomes of weights.
     */
    public static final int SCHEMA_VERSION = 7;

    public Settings {
      warmFrom = List.copyOf(warmFrom);
    }

    /** Of a run that begins with nothing, on its workload's own shapes. */
    public Settings(
        int schemaVersion,
        String workloadFile,
        Effort effort,
        Budget budget,
        SearchMethod strategy,
        long seed,
        int threads,
        boolean signed,
        Target target) {
      this(
          schemaVersion,
          workloadFile,
          effort,
          budget,
          strategy,
          seed,
          threads,
          signed,
          List.of(),
          "",
          Preparation.USUAL.key(),
          target);
    }

    /** How the run's shapes are chosen, from its begin to its end. */
    public Sampling sampling() {
      return schemaVersion < 6 ? Sampling.EVEN : Sampling.CLOSE;
    }

    /** The same with another budget. */
    public Settings withBudget(Budget other) {
      return new Settings(
          schemaVersion,
          workloadFile,
          effort,
          other,
          strategy,
          seed,
          threads,
          signed,
          warmFrom,
          trace,
          prepare,
          target);
    }

    /** What its effort asks of it on its hardware. */
    public EffortRow effortRow(Hardware hardware) {
      return warmFrom.isEmpty() ? hardware.effort(effort) : hardware.warmEffort(effort);
    }

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
      if (version < 3) {
        settings.put("signed", false);
      }
      if (version < 4) {
        settings.putArray("warmFrom");
      }
      if (version < 5) {
        settings.put("trace", "");
      }
      if (!settings.has("prepare")) {
        settings.put("prepare", (version < 7 ? Preparation.NEVER : Preparation.TOO).key());
      }
      return Optional.of(Json.DOCUMENTS.treeToValue(settings, Settings.class));
    }
  }

  private final Place folder;
  private final Place out;

  private RunFolder(Place folder, Place out) {
    this.folder = folder;
    this.out = out;
  }

  /**
   * Looks whether runs and bundles can be kept under a folder, before there are any.
   *
   * @param option by which it was given
   * @throws UserError where not
   */
  public static void check(Place out, String option) {
    try {
      Optional<Path> disk = out.absolute().onDisk();
      if (disk.isPresent()) {
        Bundle.refuseWithin(disk.get());
        checkDisk(disk.get());
      } else {
        tryOut(out);
      }
    } catch (IOException e) {
      throw unwritable("the folder " + out + " of " + option, e, option);
    }
  }

  /** By the folder that there is, for nothing is made where the run is refused later. */
  private static void checkDisk(Path out) throws IOException {
    Path there = out;
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw new FileAlreadyExistsException(there.toString());
    }
    if (!Files.isWritable(there)) {
      throw new AccessDeniedException(there.toString());
    }
  }

  private static void tryOut(Place out) throws IOException {
    Place file = out.resolve(".writable-" + UUID.randomUUID());
    out.createFolder();
    file.write(new byte[0]);
    file.delete();
  }

  private static RuntimeException unwritable(String thing, IOException cause, String option) {
    return StorageFailure.of(
        thing + " cannot be written",
        cause,
        "free space or mend its permissions, or give another with " + option);
  }

  /** A new folder named after the workload and the time, of a workload with its own shapes. */
  public static RunFolder create(
      Place out, String workloadName, Settings settings, Place workloadFile) {
    return create(out, workloadName, settings, workloadFile, Optional.empty());
  }

  /**
   * A new folder named after the workload and the time.
   *
   * @param trace what the shapes were taken from in place of the workload file; it is kept, since
   *     logs of production do not stay as they are
   */
  public static RunFolder create(
      Place out,
      String workloadName,
      Settings settings,
      Place workloadFile,
      Optional<Trace> trace) {
    LocalDateTime now = LocalDateTime.now(ZoneId.systemDefault());
    String stamp = now.format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS", Locale.ROOT));
    Place folder = out.resolve(RUNS).resolve(workloadName + "-" + stamp);
    try {
      folder.createFolder();
      try {
        folder.resolve(WORKLOAD).write(workloadFile.read());
        if (trace.isPresent()) {
          folder.resolve(TRACE).write(trace.get().csv());
        }
        folder.resolve(SETTINGS).write(Json.DOCUMENTS.writeValueAsBytes(settings));
      } catch (IOException e) {
        folder.delete();
        throw e;
      }
      return new RunFolder(folder, out);
    } catch (IOException e) {
      throw unwritable("the run folder " + folder, e, "--out");
    }
  }

  /**
   * A new folder beside this one, of the same workload.
   *
   * @param request what this run was asked for
   */
  public RunFolder again(WorkloadFile.Request request, Settings settings) {
    Place file = folder.resolve(WORKLOAD);
    return create(out, request.workload().name(), settings, file, request.trace());
  }

  /** What is said where a run cannot write its results. */
  public static RuntimeException unwritable(Place run, IOException cause) {
    return StorageFailure.of(
        "the run folder " + run + " cannot be written",
        cause,
        "free space or mend its permissions, and go on with " + resumption(run));
  }

  /** What is said where a run's results cannot be read. */
  public static RuntimeException unreadable(Place run, IOException cause) {
    return StorageFailure.of(
        "the run folder " + run + " cannot be read", cause, "check its permissions");
  }

  /** The command that goes on with this run. */
  public String resumption() {
    return resumption(folder);
  }

  private static String resumption(Place run) {
    return "tessera tune --resume " + inAShell(run.toString());
  }

  /** A word of a command as a shell takes it. */
  public static String inAShell(String word) {
    boolean plain = word.matches("[\\w@%+=:,./-]+");
    return plain ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** An earlier run, by its name under {@code <out>/runs} or its path. */
  public static RunFolder open(Place out, String run) {
    Place runs = out.resolve(RUNS);
    return Stream.of(Place.of(runs, run), Place.of(run).absolute())
        .filter(RunFolder::isOne)
        .findFirst()
        .map(folder -> new RunFolder(folder, home(folder).orElse(out)))
        .orElseThrow(
            () ->
                new UserError(
                    run.contains("/")
                        ? run
                            + " is no run (it has no "
                            + SETTINGS
                            + "); give a folder under the runs of --out"
                        : "there is no run '"
                            + run
                            + "' under "
                            + runs
                            + "; give the name that tune printed, and its --out"));
  }

  /**
   * Tells the folder of a run from that of a bundle.
   *
   * @throws UserError where a folder is neither
   */
  public static boolean isRunOrBundle(Place folder) {
    boolean run = isOne(folder);
    try {
      if (!run && folder.isFolder() && !folder.resolve(CheckedFolder.SUMS).isFile()) {
        throw new UserError(
            folder
                + " is neither a run (it has no "
                + SETTINGS
                + ") nor a bundle (it has no "
                + CheckedFolder.SUMS
                + "); give a folder that tune printed");
      }
    } catch (IOException e) {
      throw StorageFailure.of(folder + " cannot be read", e, "check its name and its permissions");
    }
    return run;
  }

  /** Whether a folder is that of a run. */
  public static boolean isOne(Place folder) {
    try {
      return folder.resolve(SETTINGS).isFile();
    } catch (IOException e) {
      throw StorageFailure.of(folder + " cannot be read", e, "check its name and its permissions");
    }
  }

  /** The folder with the runs that a run is one of. */
  private static Optional<Place> home(Place run) {
    return run.absolute()
        .parent()
        .filter(folder -> folder.name().equals(RUNS))
        .flatMap(Place::parent);
  }

  public Settings settings() {
    try {
      return Settings.read(
              Json.DOCUMENTS.readValue(folder.resolve(SETTINGS).read(), ObjectNode.class))
          .orElseThrow(
              () ->
                  new UserError(
                      folder + " was written by a newer Tessera; update Tessera to read it"));
    } catch (JacksonException e) {
      String why = UserError.in(e).map(Throwable::getMessage).orElse("it is damaged");
      throw new UserError(
          folder.resolve(SETTINGS) + " is unreadable: " + why + "; start a new run", e);
    } catch (IOException e) {
      throw StorageFailure.of(
          folder.resolve(SETTINGS) + " cannot be read", e, "check its permissions");
    }
  }

  /** Keeps what the run delivered, in place of what an earlier end of it did. */
  public void write(RunResult result) {
    try {
      folder.resolve(RESULT).write(Json.DOCUMENTS.writeValueAsBytes(result));
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  /** What the run delivered; empty where it did not end well, or an older Tessera ran it. */
  public Optional<RunResult> result() {
    try {
      Place file = folder.resolve(RESULT);
      if (!file.isFile()) {
        return Optional.empty();
      }
      ObjectNode json = Json.DOCUMENTS.readValue(file.read(), ObjectNode.class);
      int version = json.path("schemaVersion").asInt();
      if (version < 2) {
        json.put("waitedSeconds", 0.0);
      }
      return version > RunResult.SCHEMA_VERSION
          ? Optional.empty()
          : Optional.of(Json.DOCUMENTS.treeToValue(json, RunResult.class));
    } catch (JacksonException e) {
      throw new UserError(
          folder.resolve(RESULT) + " is damaged; remove it, and the run can be read without", e);
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }

  /** Where the log of a search for one instance alone is, by the instance's place. */
  public Place search(int instance) {
    return folder.resolve("shape-" + instance);
  }

  /** What belongs to the search for kernels on prepared weights, where a run has two searches. */
  public RunFolder prepared() {
    return new RunFolder(folder.resolve("prepared"), out);
  }

  /** The folders with the logs of the run's searches. */
  public List<Place> searches() {
    return settings().strategy() == SearchMethod.PER_SHAPE
        ? Stream.iterate(0, i -> i + 1).map(this::search).takeWhile(RunFolder::isThere).toList()
        : Stream.of(folder, prepared().path())
            .filter(place -> place.equals(folder) || isThere(place))
            .toList();
  }

  private static boolean isThere(Place folder) {
    try {
      return folder.isFolder();
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }

  public String name() {
    return folder.name();
  }

  public Place path() {
    return folder;
  }

  /** Where the run's bundle goes: the folder that holds its {@code runs}. */
  public Place out() {
    return out;
  }

  /**
   * What the run was asked for, with the shapes and weights that it began with.
   *
   * @throws UserError where its workload file, or a trace that it names, can no longer be read
   */
  public WorkloadFile.Request request(TraceReader traces, List<? extends TargetKind> targets) {
    return WorkloadFile.readCopy(
        Place.of(settings().workloadFile()),
        folder.resolve(WORKLOAD),
        traces,
        Optional.of(settings().trace())
            .filter(trace -> !trace.isEmpty())
            .map(trace -> TraceChoice.written(folder.resolve(TRACE))),
        targets,
        Preparation.of(settings().prepare()));
  }
}
