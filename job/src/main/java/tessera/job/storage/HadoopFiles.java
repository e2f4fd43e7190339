package tessera.job.storage;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import tessera.UserError;

/** One file system of Hadoop's, whose calls are repeated where they fail for no lasting reason. */
final class HadoopFiles {
  /** Those that rename a folder in one step; object stores copy it file by file. */
  private static final Set<String> RENAMING =
      Set.of("hdfs", "viewfs", "webhdfs", "swebhdfs", "abfs", "abfss", "ofs");

  /** A step that may be taken again after it failed. */
  @FunctionalInterface
  interface Step<T> {
    T on(FileSystem files) throws IOException;
  }

  private final URI root;
  private final Configuration configuration;

  private HadoopFiles(URI root, Configuration configuration) {
    this.root = root;
    this.configuration = configuration;
  }

  /** The file system of a URI; nothing is asked of it yet. */
  static HadoopFiles of(URI uri) {
    try {
      URI root = new URI(uri.getScheme(), uri.getAuthority(), "/", null, null);
      Configuration configuration = ClientSettings.configuration();
      FileSystem.getFileSystemClass(uri.getScheme(), configuration);
      return new HadoopFiles(root, configuration);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    } catch (UnsupportedFileSystemException e) {
      throw unknown(uri, e);
    } catch (IOException | RuntimeException e) { // a class that is not there
      throw missing(uri, e);
    }
  }

  private static UserError unknown(URI uri, Exception cause) {
    return new UserError(
        "nothing here knows the scheme "
            + uri.getScheme()
            + ": of "
            + UserError.quoted(uri.toString())
            + "; give a path on this machine, a URI with hdfs: or s3a:, or add the library of its file system with spark-submit --packages",
        cause);
  }

  private static UserError missing(URI uri, Throwable cause) {
    boolean s3 = uri.getScheme().toLowerCase(Locale.ROOT).equals("s3a");
    return new UserError(
        "the libraries for the scheme "
            + uri.getScheme()
            + ": are not on the class path; "
            + (s3
                ? "add Hadoop's for S3 with spark-submit --packages, as docs/storage.md says"
                : "add them with spark-submit --packages"),
        cause);
  }

  URI root() {
    return root;
  }

  /** The same place in this file system. */
  Path path(String path) {
    return new Path(root.getScheme(), root.getAuthority(), path);
  }

  boolean renames() {
    return RENAMING.contains(root.getScheme().toLowerCase(Locale.ROOT));
  }

  /**
   * Takes a step, some times where it fails.
   *
   * @param place that the step is about, for what is said of a failure
   */
  <T> T attempt(String place, Step<T> step) throws IOException {
    try {
      return Attempts.of(() -> step.on(FileSystem.get(root, configuration)));
    } catch (Exception e) {
      throw Refusal.of(place, root, e);
    } catch (NoClassDefFoundError e) { // of a library that this file system needs
      throw missing(root, e);
    }
  }
}
