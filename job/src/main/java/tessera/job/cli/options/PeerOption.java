package tessera.job.cli.options;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import tessera.backend.Peer;

/** Libraries to compare with, beside those that are found. */
public final class PeerOption {
  @Option(
      names = Peer.OPTION,
      paramLabel = "KIND=FILE",
      description =
          "A library to compare a CPU's kernels with, by its file on the machine that measures:"
              + " aocl-dlp, libxsmm, mkl, onednn or openblas; may be repeated, and takes the place of"
              + " one of its kind that is found without it.")
  private List<String> peers = new ArrayList<>();

  /**
   * Those that were named.
   *
   * @throws tessera.UserError where one is no kind and file
   */
  public List<Peer> chosen() {
    return peers.stream().map(Peer::parse).toList();
  }
}
