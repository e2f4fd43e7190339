package tessera.backend;

import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import tessera.UserError;

/** All kinds of hardware that are on the class path. */
public final class Backends {
  private static final List<BackendProvider> ALL =
      ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  private Backends() {}

  /** Those that workload files can ask for. */
  public static List<BackendProvider> all() {
    return ALL.stream().filter(BackendProvider::isOffered).toList();
  }

  /**
   * The back end of a kind of target.
   *
   * @throws UserError where there is none
   */
  public static BackendProvider of(String kind) {
    return ALL.stream()
        .filter(provider -> provider.key().equals(kind))
        .findFirst()
        .orElseThrow(() -> unknown(kind));
  }

  /** The back end of a target. */
  public static BackendProvider of(Target target) {
    return of(target.kind());
  }

  private static UserError unknown(String kind) {
    String known = all().stream().map(BackendProvider::key).collect(Collectors.joining(", "));
    return new UserError(
        "there is no back end for the target "
            + UserError.quoted(kind)
            + "; it is one of "
            + known
            + ", or a jar with its back end must be on the class path");
  }
}
