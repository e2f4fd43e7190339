package tessera.backend;

import java.nio.file.Path;
import java.util.List;
import tessera.UserError;

/**
 * A library that somebody points at, to be compared with.
 *
 * @param kind by which a back end knows its interface
 * @param library its file on the machine that measures
 */
public record Peer(String kind, String library) {
  /** The option that points at one. */
  public static final String OPTION = "--peer";

  /**
   * @param text {@code KIND=FILE}
   * @throws UserError where it is not
   */
  public static Peer parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 1 || equals == text.length() - 1) {
      throw new UserError(
          OPTION
              + " takes a kind and a file, such as aocl-dlp=/opt/lib/libaocl-dlp.so, not "
              + UserError.quoted(text));
    }
    String file = text.substring(equals + 1);
    return new Peer(text.substring(0, equals), Path.of(file).toAbsolutePath().toString());
  }

  /**
   * For a device that has no use for them.
   *
   * @throws UserError where there are any
   */
  public static void refuse(List<Peer> peers, String device) {
    if (!peers.isEmpty()) {
      throw new UserError(
          OPTION + " names libraries for CPUs; leave it out where " + device + " measures");
    }
  }

  @Override
  public String toString() {
    return OPTION + " " + kind + "=" + library;
  }
}
