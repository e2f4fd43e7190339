package tessera;

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

/** The packages of this module: how large they are, and who may know whom. */
final class ArchitectureTest {
  private static final int MOST_CLASSES = 15;

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("tessera");

  /** From the lowest up: none of them depends on one after it. */
  private static final List<String> LAYERS =
      List.of(
          "tessera",
          "tessera.storage",
          "tessera.operator",
          "tessera.microkernel",
          "tessera.workload",
          "tessera.effort",
          "tessera.cost",
          "tessera.dispatch",
          "tessera.compile",
          "tessera.integrity",
          "tessera.measure",
          "tessera.worker",
          "tessera.backend",
          "tessera.runtime",
          "tessera.trial");

  @Test
  void packages_dependOneWay() {
    slices().matching("tessera.(**)").should().beFreeOfCycles().check(CLASSES);
    for (int i = 0; i < LAYERS.size(); i++) {
      String[] higher = LAYERS.subList(i + 1, LAYERS.size()).toArray(String[]::new);
      if (higher.length > 0) {
        noClasses()
            .that()
            .resideInAPackage(LAYERS.get(i))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(higher)
            .check(CLASSES);
      }
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

  @Test
  void backends_knowNothingOfEachOther() {
    apart("tessera.backend.cpu..", "tessera.backend.cuda..");
    apart("tessera.backend.cuda..", "tessera.backend.cpu..");
  }

  @Test
  void whatIsNoBackend_knowsNoBackend() {
    noClasses()
        .that()
        .resideOutsideOfPackages("tessera.backend.cpu..", "tessera.backend.cuda..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("tessera.backend.cpu..", "tessera.backend.cuda..")
        .check(CLASSES);
  }

  @Test
  void kernels_useNoSpark() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.spark..")
        .check(CLASSES);
  }

  /** Beside the driver's package: what measures with it, and what takes a Java user's pointers. */
  @Test
  void jcudaIsUsed_byTheDriverAndTheseAlone() {
    assertEquals(
        List.of(
            "tessera.backend.cuda.CudaProcess",
            "tessera.backend.cuda.Gpus",
            "tessera.backend.cuda.measure.Cublas",
            "tessera.backend.cuda.measure.DeviceFunction",
            "tessera.backend.cuda.measure.Launcher",
            "tessera.backend.cuda.measure.PublishedFunction",
            "tessera.backend.cuda.measure.Stopwatch",
            "tessera.backend.cuda.measure.Verification",
            "tessera.runtime.DeviceAddress",
            "tessera.runtime.TunedOperator"),
        CLASSES.stream()
            .filter(type -> !type.getPackageName().equals("tessera.backend.cuda.driver"))
            .filter(ArchitectureTest::usesJCuda)
            .map(type -> type.getName().replaceFirst("\\$.*", ""))
            .distinct()
            .sorted()
            .toList());
  }

  private static boolean usesJCuda(JavaClass type) {
    return type.getDirectDependenciesFromSelf().stream()
        .anyMatch(use -> use.getTargetClass().getPackageName().startsWith("jcuda"));
  }

  private static void apart(String one, String other) {
    noClasses()
        .that()
        .resideInAPackage(one)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(other)
        .check(CLASSES);
  }
}
