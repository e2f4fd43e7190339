package tessera.job.retune;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.integrity.Trust;
import tessera.job.spark.Cluster;
import tessera.storage.Place;
import tessera.workload.Budget;

/** How often a retune reads the bundles under its root. */
final class RetuneReadsTest {
  private static final String SETTING = "spark.hadoop.fs.counting.impl";
  private static final AtomicInteger SUMS_READ = new AtomicInteger();

  @TempDir private java.nio.file.Path folder;

  /** This machine's disk under another scheme, whose readers of checksums are counted. */
  public static final class Counting extends RawLocalFileSystem {
    @Override
    public void initialize(URI uri, Configuration configuration) throws IOException {
      super.initialize(URI.create("counting:///"), configuration);
    }

    @Override
    public URI getUri() {
      return URI.create("counting:///");
    }

    @Override
    public FSDataInputStream open(Path file, int buffer) throws IOException {
      SUMS_READ.addAndGet(file.getName().equals("SHA256SUMS") ? 1 : 0);
      return super.open(file, buffer);
    }
  }

  @BeforeEach
  void mount() {
    System.setProperty(SETTING, Counting.class.getName());
  }

  @AfterEach
  void unmount() {
    System.clearProperty(SETTING);
  }

  @Test
  void report_damagedBundle_isReadOnce() throws IOException {
    java.nio.file.Path home = Files.createDirectories(folder.resolve("bundles/small/cpu"));
    Files.createDirectory(home.resolve("v0001"));
    Files.writeString(home.resolve("v0001/SHA256SUMS"), "damaged\n");
    Files.writeString(home.resolve("latest"), "v0001");
    Retune.Options options =
        new Retune.Options(
            Root.of(Place.of("counting:" + folder)),
            List.of(),
            true,
            Trust.anyone(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            new Budget.Limits(Optional.empty(), Optional.empty()));
    Retune retune = new Retune(options, line -> {}, remark -> {});
    try (Cluster cluster = Cluster.start()) {
      RetuneReport report =
          retune.report(
              cluster,
              (device, workload, run, out) -> {
                throw new UserError("nothing is tuned here");
              });
      assertEquals(RetuneReport.Verdict.MISTAKE, report.bundles().get(0).verdict());
    }
    assertEquals(1, SUMS_READ.get());
  }
}
