package tessera.storage;

import java.net.URI;

/**
 * Gives access to file systems beside this machine's disk; found by {@link
 * java.util.ServiceLoader}.
 */
public interface PlaceProvider {
  /**
   * @param uri absolute, of any scheme but {@code file}
   * @throws tessera.UserError where the scheme is unknown or its libraries are missing
   */
  Place at(URI uri);
}
