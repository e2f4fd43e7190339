package tessera.job.storage;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.Progressable;

/** This machine's disk under another scheme, where every third call of a thread fails. */
public final class FlakyFileSystem extends RawLocalFileSystem {
  private static final ThreadLocal<Integer> CALLS = ThreadLocal.withInitial(() -> 0);

  private final ThreadLocal<Boolean> inside = ThreadLocal.withInitial(() -> false);
  private URI root;

  @FunctionalInterface
  private interface Call<T> {
    T run() throws IOException;
  }

  @Override
  public void initialize(URI uri, Configuration configuration) throws IOException {
    root = URI.create(uri.getScheme() + ":///");
    super.initialize(root, configuration);
  }

  @Override
  public URI getUri() {
    return root == null ? super.getUri() : root; // asked for while it is made
  }

  /** Calls that come from others are counted, and not those that a call makes itself. */
  private <T> T counted(Call<T> call) throws IOException {
    if (inside.get()) {
      return call.run();
    }
    CALLS.set(CALLS.get() + 1);
    if (CALLS.get() % 3 == 0) {
      throw new IOException("this storage fails every third call");
    }
    inside.set(true);
    try {
      return call.run();
    } finally {
      inside.set(false);
    }
  }

  @Override
  public FSDataInputStream open(Path file, int buffer) throws IOException {
    return counted(() -> super.open(file, buffer));
  }

  @Override
  public FSDataOutputStream create(
      Path file, boolean overwrite, int buffer, short copies, long block, Progressable progress)
      throws IOException {
    return counted(() -> super.create(file, overwrite, buffer, copies, block, progress));
  }

  @Override
  public boolean mkdirs(Path folder) throws IOException {
    return counted(() -> super.mkdirs(folder));
  }

  @Override
  public FileStatus[] listStatus(Path folder) throws IOException {
    return counted(() -> super.listStatus(folder));
  }

  @Override
  public FileStatus getFileStatus(Path file) throws IOException {
    return counted(() -> super.getFileStatus(file));
  }

  @Override
  public boolean delete(Path file, boolean recursive) throws IOException {
    return counted(() -> super.delete(file, recursive));
  }

  /** In one step, which that of the class above is not where a file is in the way. */
  @Override
  @SuppressWarnings("deprecation")
  protected void rename(Path from, Path to, Options.Rename... how) throws IOException {
    counted(
        () -> {
          if (List.of(how).contains(Options.Rename.OVERWRITE)) {
            java.nio.file.Path target = pathToFile(to).toPath();
            Files.move(pathToFile(from).toPath(), target, StandardCopyOption.ATOMIC_MOVE);
          } else {
            super.rename(from, to, how);
          }
          return true;
        });
  }
}
