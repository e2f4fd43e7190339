package tessera.job.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.backend.Backends;
import tessera.job.records.RunFolder;
import tessera.job.spark.Cluster;
import tessera.job.warm.FormerRun;
import tessera.storage.Place;

/** A recorded run, and places that have none. */
final class WarmSourcesTest {
  private static final String NAME = "bert-dense-20261129-160126-911";

  @TempDir private static Path folder;

  private static Cluster cluster;
  private static Place recorded;
  private static WarmSources sources;

  @BeforeAll
  static void open() {
    cluster = Cluster.start();
    Place notebooks = Place.of(Path.of("..", "notebooks").toAbsolutePath().normalize());
    RunFolder run = RunFolder.open(notebooks, NAME);
    recorded = run.path();
    sources =
        new WarmSources(
            cluster,
            new Likeness(
                run.settings().target(), run.request(cluster.traces(), Backends.all()).workload()));
  }

  @AfterAll
  static void close() {
    cluster.close();
  }

  private static Place gone() {
    return Place.of(folder.resolve("gone"));
  }

  private static String hasNone() {
    return gone()
        + " is no folder that exists; give a run's folder, a bundle's, or one with"
        + " runs and bundles, as tune writes them";
  }

  @Test
  void find_oneSourceIsGone_takesTheOthersAndSaysSo() {
    WarmSources.Found found = sources.find(List.of(gone(), recorded));
    assertEquals(List.of(NAME), found.start().runs().stream().map(FormerRun::name).toList());
    assertTrue(found.remarks().get(0).startsWith("warm start from " + NAME), found.toString());
    assertEquals(List.of(hasNone()), found.remarks().subList(1, found.remarks().size()));
  }

  @Test
  void find_allSourcesAreGone_findsNothing() {
    WarmSources.Found found = sources.find(List.of(gone()));
    assertTrue(found.start().isNone());
    assertEquals(List.of(hasNone()), found.remarks());
  }

  @Test
  void read_allSourcesAreGone_isRefused() {
    UserError error = assertThrows(UserError.class, () -> sources.read(List.of(gone())));
    assertTrue(error.getMessage().contains(hasNone()), error.getMessage());
    String check = assertThrows(UserError.class, () -> WarmSources.check(gone())).getMessage();
    assertEquals(hasNone(), check);
  }
}
