package tessera.backend.cpu.peers;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import tessera.UserError;
import tessera.backend.Peer;
import tessera.backend.WeightsForm;

/** The libraries whose interfaces {@code harness.c} knows, by its folder {@code peers}. */
enum PeerKind {
  AOCL_DLP("aocl-dlp", "AOCL-DLP", "libaocl-dlp.so", WeightsForm.PLAIN, WeightsForm.PREPARED),
  /** It makes kernels alone, and they are for packed blocks. */
  LIBXSMM("libxsmm", "LIBXSMM", "libxsmm.so", WeightsForm.PREPARED),
  MKL("mkl", "MKL", "libmkl_rt.so", WeightsForm.PLAIN, WeightsForm.PREPARED),
  ONEDNN("onednn", "oneDNN", "libdnnl.so", WeightsForm.PLAIN, WeightsForm.PREPARED),
  OPENBLAS("openblas", "OpenBLAS", "libopenblas.so", WeightsForm.PLAIN);

  private final String key;
  private final String title;
  private final String file;
  private final List<WeightsForm> forms;

  PeerKind(String key, String title, String file, WeightsForm... forms) {
    this.key = key;
    this.title = title;
    this.file = file;
    this.forms = List.of(forms);
  }

  /**
   * @throws UserError where there is none of the kind
   */
  static PeerKind of(Peer peer) {
    return Arrays.stream(values())
        .filter(kind -> kind.key.equals(peer.kind()))
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    Peer.OPTION
                        + " knows "
                        + Arrays.stream(values())
                            .map(kind -> kind.key)
                            .collect(Collectors.joining(", "))
                        + ", not "
                        + UserError.quoted(peer.kind())));
  }

  /** The name that people know it by. */
  String title() {
    return title;
  }

  /** The name that its file usually has. */
  String file() {
    return file;
  }

  /** How it takes weights. */
  List<WeightsForm> forms() {
    return forms;
  }

  /** The name of the adapter in {@code harness.c}. */
  String adapter(WeightsForm form) {
    return switch (form) {
      case PLAIN -> key;
      case PREPARED -> key + "-" + form.key();
    };
  }
}
