package tessera.job;

import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.commons.text.similarity.LevenshteinDistance;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.compile.Account;
import tessera.compile.TemporaryFiles;
import tessera.job.cli.BenchCommand;
import tessera.job.cli.CompareCommand;
import tessera.job.cli.DriftCommand;
import tessera.job.cli.FetchCommand;
import tessera.job.cli.InspectCommand;
import tessera.job.cli.ReportCommand;
import tessera.job.cli.TuneCommand;
import tessera.job.cli.VerifyCommand;
import tessera.job.cli.retune.RetuneCommand;
import tessera.job.merge.MergeCommand;
import tessera.job.records.Product;
import tessera.job.run.Interruption;
import tessera.storage.Place;

/** The command line. */
@Command(
    name = "tessera",
    mixinStandardHelpOptions = true,
    versionProvider = Tessera.Version.class,
    description =
        "Tunes tensor operators whose shapes are only known at run time, and delivers them as"
            + " kernel bundles.",
    subcommands = {
      TuneCommand.class,
      RetuneCommand.class,
      VerifyCommand.class,
      InspectCommand.class,
      CompareCommand.class,
      DriftCommand.class,
      ReportCommand.class,
      FetchCommand.class,
      MergeCommand.class,
      BenchCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:success",
      "1:the run failed for a reason inside Tessera, the machine, the cluster or the storage",
      "2:a mistake in the command, a file or the set-up; the message says how to mend it",
      "3:verify found a wrong result",
      "4:compare found that B is slower than A",
      "10:retune published a bundle in place of another",
      "11:retune found a bundle stale and kept it",
      "12:drift found that the shapes have moved",
      "13:retune left to another what that one is at",
      "130:interrupted; what was measured is kept and can be resumed"
    })
public final class Tessera implements Runnable {
  private static final String WHOLE_32 = "a whole number up to " + Integer.MAX_VALUE;
  private static final String WHOLE_64 = "a whole number up to " + Long.MAX_VALUE;

  /** As a shell counts a process that Ctrl-C ended. */
  private static final int INTERRUPTED = 130;

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"tessera " + Product.version().orElse("(not from a jar)")};
    }
  }

  @Option(
      names = "--debug",
      scope = CommandLine.ScopeType.INHERIT,
      description = "Show the stack trace of an error.")
  boolean debug;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    int code = execute(arguments);
    System.out.flush();
    System.exit(code);
  }

  public static int execute(String... arguments) {
    Account.giveHome();
    System.setProperty("jna.encoding", "UTF-8");
    return new CommandLine(new Tessera())
        .registerConverter(Path.class, Tessera::path)
        .registerConverter(Place.class, Tessera::place)
        .registerConverter(Integer.class, text -> number(text, Integer::valueOf, WHOLE_32))
        .registerConverter(int.class, text -> number(text, Integer::valueOf, WHOLE_32))
        .registerConverter(Long.class, text -> number(text, Long::valueOf, WHOLE_64))
        .registerConverter(long.class, text -> number(text, Long::valueOf, WHOLE_64))
        .registerConverter(Double.class, text -> number(text, Double::valueOf, "a number"))
        .registerConverter(double.class, text -> number(text, Double::valueOf, "a number"))
        .setExecutionExceptionHandler(Tessera::explain)
        .setParameterExceptionHandler(Tessera::explainArguments)
        .setUsageHelpAutoWidth(true)
        .execute(arguments);
  }

  private static int explain(Exception error, CommandLine command, CommandLine.ParseResult parsed) {
    if (Interruption.isUnderWay()) {
      return INTERRUPTED;
    }
    PrintWriter console = command.getErr();
    boolean debug = Arrays.asList(parsed.originalArgs().toArray()).contains("--debug");
    if (debug) {
      error.printStackTrace(console);
    }
    Optional<String> mistake = mistake(error);
    if (mistake.isPresent()) {
      console.println("tessera: " + mistake.get());
      return 2;
    }
    console.println(
        "tessera: "
            + EnvironmentFault.in(error)
                .map(Throwable::getMessage)
                .orElse(error + (debug ? "" : " (run again with --debug for the stack trace)")));
    return 1;
  }

  /**
   * What the user can mend. Spark's own files go to the temporary folder, and may have filled it.
   */
  private static Optional<String> mistake(Throwable error) {
    return UserError.in(error)
        .map(Throwable::getMessage)
        .or(() -> invalidPath(error).map(Tessera::unmappable))
        .or(() -> TemporaryFiles.fault().map(Throwable::getMessage));
  }

  private static Optional<InvalidPathException> invalidPath(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof InvalidPathException path) {
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }

  private static String unmappable(InvalidPathException path) {
    return "the path '"
        + path.getInput()
        + "' has letters that the locale's encoding does not have; set LC_ALL=C.UTF-8 and run"
        + " again";
  }

  /** A command that cannot be understood. */
  private static int explainArguments(CommandLine.ParameterException error, String[] arguments) {
    CommandLine command = error.getCommandLine();
    Optional<UserError> mistake = UserError.in(error);
    if (mistake.isPresent()) {
      command.getErr().println("tessera: " + mistake.get().getMessage());
      return 2;
    }
    String message =
        error instanceof CommandLine.UnmatchedArgumentException unmatched
            ? unmatched(command, unmatched)
            : error.getMessage().replaceAll("\\s+", " ");
    command
        .getErr()
        .println(
            "tessera: "
                + message.substring(0, 1).toLowerCase(Locale.ROOT)
                + message.substring(1)
                + "; see "
                + command.getCommandSpec().qualifiedName()
                + " --help");
    return 2;
  }

  /** The first of them: what stands behind an unknown option may be its value. */
  private static String unmatched(
      CommandLine command, CommandLine.UnmatchedArgumentException error) {
    boolean option = error.isUnknownOption();
    String first =
        error.getUnmatched().stream()
            .filter(text -> !option || text.startsWith("-"))
            .findFirst()
            .orElseThrow();
    Set<String> known =
        option ? command.getCommandSpec().optionsMap().keySet() : command.getSubcommands().keySet();
    boolean hasArguments = command.getParent() != null;
    if (!option && (known.isEmpty() || hasArguments && first.contains("/"))) {
      return "'"
          + first
          + "' is one argument too many (a pattern such as */latest may match several)";
    }
    return "unknown "
        + (option ? "option" : "command")
        + ": '"
        + first
        + "'"
        + nearest(first, known).map(name -> ", perhaps " + name).orElse("");
  }

  /** The name that it takes the fewest edits to make of a text, where they are few. */
  private static Optional<String> nearest(String text, Set<String> names) {
    LevenshteinDistance edits = new LevenshteinDistance(2); // -1 for more
    return names.stream()
        .filter(name -> name.length() > 2 && edits.apply(text, name) >= 0)
        .min(Comparator.comparingInt(name -> edits.apply(text, name)));
  }

  private static <N> N number(String text, Function<String, N> parse, String what) {
    try {
      return parse.apply(text);
    } catch (NumberFormatException e) {
      throw new CommandLine.TypeConversionException("'" + text + "' is not " + what);
    }
  }

  private static Path path(String argument) {
    try {
      return Path.of(argument);
    } catch (InvalidPathException e) {
      throw new CommandLine.TypeConversionException(unmappable(e));
    }
  }

  private static Place place(String argument) {
    if (argument.isEmpty()) {
      throw new CommandLine.TypeConversionException("it is empty; give a path or a URI");
    }
    try {
      return Place.of(argument);
    } catch (InvalidPathException e) {
      throw new CommandLine.TypeConversionException(unmappable(e));
    }
  }
}
