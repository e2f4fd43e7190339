package tessera;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import org.junit.jupiter.api.Test;

/** Dependencies point one way, as the README draws them. */
final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("tessera");

  @Test
  void packages_dependOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("workload")
        .definedBy("tessera.workload..")
        .layer("hardware")
        .definedBy("tessera.hardware..")
        .layer("microkernel")
        .definedBy("tessera.microkernel..")
        .layer("cost")
        .definedBy("tessera.cost..")
        .layer("compile")
        .definedBy("tessera.compile..")
        .layer("measure")
        .definedBy("tessera.measure..")
        .layer("dispatch")
        .definedBy("tessera.dispatch..")
        .layer("runtime")
        .definedBy("tessera.runtime..")
        .layer("backend")
        .definedBy("tessera.backend..")
        .whereLayer("workload")
        .mayNotAccessAnyLayer()
        .whereLayer("hardware")
        .mayOnlyAccessLayers("workload")
        .whereLayer("microkernel")
        .mayOnlyAccessLayers("workload", "hardware")
        .whereLayer("cost")
        .mayOnlyAccessLayers("workload", "hardware", "microkernel")
        .whereLayer("compile")
        .mayOnlyAccessLayers("workload", "hardware", "microkernel")
        .whereLayer("measure")
        .mayOnlyAccessLayers("workload", "hardware", "microkernel", "cost", "compile")
        .whereLayer("dispatch")
        .mayOnlyAccessLayers("workload", "hardware", "microkernel", "cost", "compile")
        .whereLayer("runtime")
        .mayOnlyAccessLayers("workload", "hardware", "microkernel", "cost", "compile", "dispatch")
        .whereLayer("backend")
        .mayNotBeAccessedByAnyLayer()
        .check(CLASSES);
  }

  @Test
  void kernels_useNoSpark() {
    ArchRuleDefinition.noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.spark..")
        .check(CLASSES);
  }
}
