package tessera.job;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The stages of a run, and the analysis of what they leave: how large their packages are, and who
 * may know whom.
 */
final class JobArchitectureTest {
  private static final int MOST_CLASSES = 15;

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("tessera.job", "tessera.analysis");

  /** From the lowest up: none of them depends on one after it. */
  private static final List<String> STAGES =
      List.of(
          "tessera.job.storage..",
          "tessera.job.lock..",
          "tessera.job.predict..",
          "tessera.job.search..",
          "tessera.job.warm..",
          "tessera.job.replay..",
          "tessera.job.records..",
          "tessera.job.spark..",
          "tessera.analysis..",
          "tessera.job.run..",
          "tessera.job.canary..",
          "tessera.job.deliver..",
          "tessera.job.tune..",
          "tessera.job.retune..",
          "tessera.job.report..",
          "tessera.job.bench..",
          "tessera.job.merge..",
          "tessera.job.cli..");

  @Test
  void stages_dependOneWay() {
    slices().matching("tessera.(**)").should().beFreeOfCycles().check(CLASSES);
    for (int i = 0; i < STAGES.size() - 1; i++) {
      noClasses()
          .that()
          .resideInAPackage(STAGES.get(i))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(STAGES.subList(i + 1, STAGES.size()).toArray(String[]::new))
          .check(CLASSES);
    }
  }

  @Test
  void packages_haveAtMost15Classes() {
    Map<String, Long> large =
        CLASSES.stream()
            .filter(type -> !type.isNestedClass() && !type.getSimpleName().equals("package-info"))
            .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
    large.values().removeIf(count -> count <= MOST_CLASSES);
    assertEquals(Map.of(), large);
  }

  /** The analysis gives DataFrames to those who use Spark themselves; its figures need none. */
  @Test
  void sparkIsUsed_inItsPackagesAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackages("tessera.job.spark..", "tessera.analysis", "tessera.analysis.read")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.spark..", "scala..")
        .check(CLASSES);
  }

  @Test
  void fileSystemsOfHadoop_areUsedInStorageAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage("tessera.job.storage..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.hadoop.fs..")
        .check(CLASSES);
  }

  @Test
  void delivery_usesNoSparkPackage() {
    noClasses()
        .that()
        .resideInAPackage("tessera.job.deliver..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("tessera.job.spark..")
        .check(CLASSES);
  }

  /** Benchmarks and their commands compare with what one kind of device has. */
  @Test
  void whatIsNoBench_knowsNoBackend() {
    noClasses()
        .that()
        .resideOutsideOfPackage("tessera.job.bench..")
        .and()
        .haveNameNotMatching(".*\\.Bench\\w*Command(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "tessera.backend.cpu..", "tessera.backend.cuda..", "tessera.backend.simulated..")
        .check(CLASSES);
  }
}
