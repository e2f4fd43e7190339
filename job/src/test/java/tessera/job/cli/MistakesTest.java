package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import tessera.job.Ran;
import tessera.job.Tessera;

/** What commands say of mistakes that are seen before Spark starts. */
final class MistakesTest {
  @TempDir private Path folder;

  /** As far as a folder tells. */
  private Path bundle;

  @BeforeEach
  void makeBundle() throws IOException {
    bundle = Files.createDirectories(folder.resolve("bundle"));
    Files.createFile(bundle.resolve("SHA256SUMS"));
    Files.createFile(bundle.resolve("manifest.json"));
  }

  private static void assertSentence(String sentence, Object... arguments) {
    Ran ran = Ran.of(arguments);
    assertEquals("tessera: " + sentence + "\n", ran.err());
    assertEquals(2, ran.code());
  }

  @Test
  void command_thatIsMisspelt_isNamedWithTheNearest() {
    assertSentence("unknown command: 'tnue', perhaps tune; see tessera --help", "tnue");
  }

  @Test
  void option_thatIsMisspelt_isNamedWithTheNearest() {
    assertSentence(
        "unknown option: '--sgin-key', perhaps --sign-key; see tessera tune --help",
        "tune",
        "w.yaml",
        "--sgin-key",
        "x");
  }

  @Test
  void argument_tooMany_isNamed() {
    assertSentence(
        "'c' is one argument too many (a pattern such as */latest may match several); see tessera compare --help",
        "compare",
        "a",
        "b",
        "c",
        "d");
    assertSentence(
        "'out/b' is one argument too many (a pattern such as */latest may match several); see tessera bench --help",
        "bench",
        "cpu",
        "--bundle",
        "out/a",
        "out/b");
  }

  @Test
  void number_thatIsNone_orTooLarge_isRefusedWithTheLimit() {
    assertSentence(
        "invalid value for option '--trials': '99999999999' is not a whole number up to 2147483647;"
            + " see tessera tune --help",
        "tune",
        "--trials",
        "99999999999");
    assertSentence(
        "invalid value for option '--seed': '1.5' is not a whole number up to 9223372036854775807;"
            + " see tessera tune --help",
        "tune",
        "--seed",
        "1.5");
    assertSentence(
        "invalid value for option '--seconds': 'x' is not a number; see tessera tune --help",
        "tune",
        "--seconds",
        "x");
  }

  @ParameterizedTest
  @CsvSource({
    "--trials,0,at least 1",
    "--seconds,-1.0,positive",
    "--keep,0,at least 1",
    "--wait,0,positive"
  })
  void number_thatIsTooSmall_isRefusedAlikeByTuneAndRetune(
      String option, String value, String least) throws IOException {
    String sentence = option + " must be " + least + ", not " + value;
    assertSentence(sentence, "tune", "w.yaml", option, value);
    Files.createDirectory(folder.resolve("bundles"));
    assertSentence(sentence, "retune", "--bundles", folder, option, value);
  }

  @Test
  void retune_withAFileForFiguresThatCannotBe_isRefusedBeforeAnythingIsMeasured()
      throws IOException {
    Files.createDirectory(folder.resolve("bundles"));
    for (Path file : List.of(folder, folder.resolve("no/such.json"))) {
      assertSentence(
          "the figures cannot be written to "
              + file
              + "; give --json a file in a folder that exists and may be written",
          "retune",
          "--bundles",
          folder,
          "--json",
          file);
    }
  }

  @Test
  void option_thatCommandsShare_hasOneText() {
    for (String option : List.of("--trials", "--seconds", "--keep", "--sign-key", "--wait")) {
      assertEquals(text("tune", option), text("retune", option), option);
    }
    for (String command : List.of("compare", "inspect")) {
      assertEquals(text("drift", "--json"), text(command, "--json"), command);
    }
  }

  private static String text(String command, String option) {
    return String.join(
        " ",
        new CommandLine(new Tessera())
            .getSubcommands()
            .get(command)
            .getCommandSpec()
            .findOption(option)
            .description());
  }

  @Test
  void verify_onNoShape_isRefused() {
    assertSentence("--shapes must be at least 1, not 0", "verify", bundle, "--shapes", 0);
    assertSentence("--shapes must be at least 1, not -1", "verify", bundle, "--shapes", -1);
  }

  @Test
  void fetch_toAUri_isRefused() {
    assertSentence(
        "hdfs://host/x is not on this machine; give fetch a path here",
        "fetch",
        bundle,
        "hdfs://host/x");
  }

  @Test
  void fetch_intoABundle_isRefusedAndWritesNothing() {
    Path in = bundle.resolve("below/in");
    assertSentence(
        in
            + " is in the bundle "
            + bundle
            + ", whose files stay as they were published; name a folder outside of it",
        "fetch",
        bundle,
        in);
    assertFalse(Files.exists(bundle.resolve("below")));
  }

  @Test
  void inspect_ofAFolderThatIsNothing_saysWhatItLacks() throws IOException {
    Path nothing = Files.createDirectory(folder.resolve("nothing"));
    assertSentence(
        nothing
            + " is neither a run (it has no run.json) nor a bundle (it has no SHA256SUMS);"
            + " give a folder that tune printed",
        "inspect",
        nothing);
  }
}
