package tessera.job.cli.options;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import tessera.UserError;
import tessera.integrity.SigningKey;

/** How a command publishes bundles. */
public final class PublicationOptions {
  @Option(
      names = "--keep",
      paramLabel = "N",
      description =
          "After publishing, remove the bundles for the same workload and hardware that came before"
              + " the N newest; all are kept by default.")
  private Optional<Integer> keep = Optional.empty();

  @Option(
      names = "--sign-key",
      paramLabel = "KEYFILE",
      description =
          "Sign new bundles with this private Ed25519 key (PEM, as openssl genpkey -algorithm"
              + " ed25519 writes it); tune --resume is given it again.")
  private Optional<Path> signKey = Optional.empty();

  /**
   * How many sound bundles of a kind are kept; empty for all.
   *
   * @throws UserError where that is none
   */
  public Optional<Integer> keep() {
    if (keep.filter(most -> most < 1).isPresent()) {
      throw new UserError("--keep must be at least 1, not " + keep.get());
    }
    return keep;
  }

  /**
   * Reads the key.
   *
   * @throws UserError where it cannot sign
   */
  public Optional<SigningKey> signingKey() {
    return signKey.map(SigningKey::read);
  }
}
