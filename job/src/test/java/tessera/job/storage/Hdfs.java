package tessera.job.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import tessera.storage.DiskFiles;
import tessera.storage.Place;

/** A name node and a data node in this process, from the first test that asks for them on. */
public final class Hdfs implements BeforeAllCallback {
  private static String address;

  private record Running(MiniDFSCluster cluster, Path folder) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      cluster.shutdown();
      DiskFiles.delete(folder);
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    Running running =
        context
            .getRoot()
            .getStore(ExtensionContext.Namespace.create(Hdfs.class))
            .getOrComputeIfAbsent(Running.class, type -> start(), Running.class);
    address = running.cluster().getURI().toString();
  }

  private static Running start() {
    try {
      Path folder = Files.createTempDirectory("tessera-hdfs");
      MiniDFSCluster started =
          new MiniDFSCluster.Builder(new Configuration(), folder.toFile()).numDataNodes(1).build();
      started.waitActive();
      return new Running(started, folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The address of the file system, without a slash behind it. */
  public static String address() {
    return address;
  }

  /** A new folder. */
  public static Place folder() throws IOException {
    Place folder = Place.of(address + "/test/" + UUID.randomUUID());
    folder.createFolder();
    return folder;
  }
}
