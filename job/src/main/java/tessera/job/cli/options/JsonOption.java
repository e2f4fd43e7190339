package tessera.job.cli.options;

import java.util.Optional;
import picocli.CommandLine.Option;
import tessera.analysis.JsonForm;

/** Where a command writes its figures for machines. */
public final class JsonOption {
  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "A file for the figures as JSON, or - to print that instead of the text.")
  private Optional<String> file = Optional.empty();

  public boolean isGiven() {
    return file.isPresent();
  }

  public JsonForm form() {
    return JsonForm.of(file);
  }
}
