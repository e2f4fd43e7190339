package tessera.job.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Target;
import tessera.backend.cpu.CpuInfo;

/** The figures of one benchmark, written as records that {@code scripts/figures} renders. */
public final class Figures {
  /** Set by {@code scripts/tessera}: the commit that was built. */
  private static final String COMMIT = "TESSERA_COMMIT";

  private static final int DIGITS = 3;
  private static final String NO_DRIVER = "none";

  /**
   * One figure, with all that another measurement of it needs.
   *
   * @param id unique among all figures
   * @param driver the device's driver; none for a CPU
   * @param cpu the host's processor
   */
  record Figure(
      String id,
      String what,
      BigDecimal value,
      String unit,
      String command,
      String date,
      String device,
      String driver,
      String commit,
      String cpu) {}

  /** A file of figures. */
  record Page(String title, List<String> about, List<Figure> records) {}

  private final String title;
  private final String command;
  private final String device;
  private final String driver;
  private final List<Figure> figures;

  /**
   * @param command the command line that measures these figures
   * @param target what they are measured on
   */
  public Figures(String title, String command, Target target) {
    this(title, command, target.model(), driver(target), new ArrayList<>());
  }

  /**
   * Figures of no device.
   *
   * @param device what stands in its place
   */
  public Figures(String title, String command, String device) {
    this(title, command, device, NO_DRIVER, new ArrayList<>());
  }

  private Figures(
      String title, String command, String device, String driver, List<Figure> figures) {
    this.title = title;
    this.command = command;
    this.device = device;
    this.driver = driver;
    this.figures = figures;
  }

  /** A field of devices that have one. */
  private static String driver(Target target) {
    return Json.MESSAGES.valueToTree(target).path("driver").asText(NO_DRIVER);
  }

  /** The same file, for what is measured on another target. */
  public Figures on(Target other) {
    return new Figures(title, command, other.model(), driver(other), figures);
  }

  /**
   * @param id its words; joined by hyphens they are unique in this file
   */
  public void add(String what, double value, String unit, Object... id) {
    figures.add(
        new Figure(
            id(id),
            what,
            BigDecimal.valueOf(value).setScale(DIGITS, RoundingMode.HALF_UP),
            unit,
            command,
            LocalDate.now(ZoneOffset.UTC).toString(),
            device,
            driver,
            System.getenv().getOrDefault(COMMIT, "unknown"),
            CpuInfo.read().model()));
  }

  private static String id(Object... words) {
    List<String> text = new ArrayList<>();
    for (Object word : words) {
      text.add(word.toString().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.]+", "-"));
    }
    return String.join("-", text);
  }

  /**
   * @throws UserError where the file cannot be written
   */
  public void write(Path file) {
    try {
      Json.DOCUMENTS.writeValue(file.toFile(), new Page(title, List.of(), figures));
    } catch (IOException e) {
      throw UserError.of(
          "the figures cannot be written to " + file,
          e,
          "give --json a file in a folder that exists");
    }
  }
}
