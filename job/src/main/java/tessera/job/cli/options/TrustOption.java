package tessera.job.cli.options;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import tessera.integrity.Trust;

/** Whose bundles a command accepts. */
public final class TrustOption {
  @Option(
      names = "--trust",
      paramLabel = "PUBKEYFILE",
      description =
          "Refuse bundles that were not signed by one of these Ed25519 keys (PEM, as openssl pkey -pubout writes it). "
              + "By default any bundle is accepted whose files are as they were published.")
  private Optional<Path> keys = Optional.empty();

  public Trust chosen() {
    return keys.map(Trust::keys).orElseGet(Trust::anyone);
  }
}
