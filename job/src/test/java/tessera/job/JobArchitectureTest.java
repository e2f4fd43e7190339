package tessera.job;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

final class JobArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("tessera.job");

  @Test
  void search_isPlainJava() {
    noClasses()
        .that()
        .resideInAnyPackage("tessera.job.search..", "tessera.job.records..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.spark..", "tessera.job.spark..", "tessera.backend..")
        .check(CLASSES);
  }

  @Test
  void search_knowsNothingOfWhoUsesIt() {
    noClasses()
        .that()
        .resideInAPackage("tessera.job.search..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("tessera.job.records..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("tessera.job.spark..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("tessera.job")
        .check(CLASSES);
  }
}
