package tessera.storage;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tessera.UserError;

/** Tells paths from URIs, and finds who knows a URI's file system. */
final class Places {
  /** Without a slash behind its colon a text is the name of a file. */
  private static final Pattern URI_TEXT =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):(?=/)(?://([^/]*))?(/.*)?", Pattern.DOTALL);

  private static final String DISK = "file";

  private Places() {}

  static Place of(String text) {
    Matcher matcher = URI_TEXT.matcher(text);
    if (!matcher.matches()) {
      return new LocalPlace(Path.of(text));
    }
    String path = Optional.ofNullable(matcher.group(3)).orElse("/");
    String authority = Optional.ofNullable(matcher.group(2)).filter(a -> !a.isEmpty()).orElse(null);
    try {
      return of(new URI(matcher.group(1), authority, path, null, null));
    } catch (URISyntaxException e) {
      throw new UserError(
          UserError.quoted(text) + " is no URI (" + e.getReason() + "); write SCHEME://HOST/PATH",
          e);
    }
  }

  static boolean isUri(String text) {
    return URI_TEXT.matcher(text).matches();
  }

  static Place of(URI uri) {
    if (uri.getScheme() == null || uri.getPath() == null) {
      throw new UserError(
          UserError.quoted(uri.toString()) + " is no absolute URI; write SCHEME://HOST/PATH");
    }
    if (uri.getScheme().toLowerCase(Locale.ROOT).equals(DISK)) {
      if (uri.getAuthority() != null) {
        throw new UserError(
            uri
                + " names the host "
                + uri.getAuthority()
                + "; write file:///PATH for this machine");
      }
      return new LocalPlace(Path.of(uri.getPath()));
    }
    return ServiceLoader.load(PlaceProvider.class, Places.class.getClassLoader())
        .findFirst()
        .orElseThrow(() -> unknown(uri))
        .at(uri);
  }

  private static UserError unknown(URI uri) {
    return new UserError(
        uri
            + " is not on this machine's disk, and nothing on the class path knows other file systems; bring the bundle here with 'tessera fetch', or add tessera-job and Hadoop's client to the class path");
  }
}
