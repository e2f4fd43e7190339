package tessera.job.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.analysis.Analysis;
import tessera.analysis.MadeUpBundle;
import tessera.storage.Place;

final class SubjectTest {
  private static Analysis analysis;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    analysis = Analysis.start();
  }

  @AfterAll
  static void stop() {
    analysis.close();
  }

  private Subject read(MadeUpBundle bundle) {
    return SubjectReader.read(analysis.open(bundle.publish(Place.of(folder))));
  }

  @Test
  void shares_ofABundleAlone_areThoseOfTheShapesTimedForTheDispatcher() {
    Subject subject = read(new MadeUpBundle().trained(1, 0.3, 1e-5).trained(9, 0.7, 2e-5));
    assertEquals(List.of(0.3, 0.7), subject.plans().stream().map(Subject.Plan::share).toList());
    assertEquals(List.of(0.3, 0.7), subject.kernels().stream().map(Subject.Kernel::share).toList());
  }

  @Test
  void shares_ofABundleWithoutTimes_areNotKnown() {
    Subject subject = read(new MadeUpBundle().timed(9, 1, 1e-5, 2e-5, 0));
    assertEquals(
        List.of(Double.NaN, Double.NaN),
        subject.plans().stream().map(Subject.Plan::share).toList());
  }

  @Test
  void why_ofKernelsThatThisVersionLacks_saysSoInsteadOfTheirEfficiency() {
    Subject subject = read(new MadeUpBundle().trained(1, 1, 1e-5));
    assertEquals(
        "This version of Tessera no longer has this micro-kernel.",
        subject.why().get("efficiency"));
  }

  @Test
  void why_ofARunOfKernelsThatThisVersionLacks_saysSoInsteadOfPredictions() throws IOException {
    Path run = folder.resolve("former run");
    FileUtils.copyDirectory(Path.of("src/test/resources/former/cuda-run").toFile(), run.toFile());
    Files.writeString(run.resolve("workload.yaml"), "dtype: float16\n", StandardOpenOption.APPEND);
    Subject subject = SubjectReader.read(analysis.open(run.toString()));
    assertEquals(
        "This version of Tessera no longer has this micro-kernel.", subject.why().get("model"));
  }
}
