package tessera.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JacksonException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tessera.Json;
import tessera.UserError;
import tessera.backend.cpu.CpuTarget;
import tessera.backend.cuda.driver.CudaTarget;

final class BackendsTest {
  static Stream<Target> targets() {
    return Stream.of(
        new CpuTarget("a CPU", "maker:1:avx2", "avx2", 8, 16, 2, 1, 2, 3, "gcc 12", 50),
        new CudaTarget("a GPU", 90, 132, 120, 1, 2, 3, 4, 5, 6, 7, 8, 9, "580", "nvrtc 13", 6e4));
  }

  @Test
  void all_onThisClassPath_areThoseThatAreShipped() {
    assertEquals(
        List.of("cpu", "cuda"), Backends.all().stream().map(BackendProvider::key).toList());
  }

  @ParameterizedTest
  @MethodSource("targets")
  void target_writtenAsJson_isReadBackByItsKind(Target target) throws JacksonException {
    String json = Json.MESSAGES.writerFor(Target.class).writeValueAsString(target);
    assertEquals(target.kind(), Json.MESSAGES.readTree(json).get("kind").asText());
    assertEquals(target, Json.MESSAGES.readValue(json, Target.class));
    assertEquals(
        target, Json.MESSAGES.treeToValue(Json.MESSAGES.valueToTree(target), Target.class));
  }

  @Test
  void of_unknownKind_isAMistakeThatNamesThoseThatAreThere() {
    UserError error = assertThrows(UserError.class, () -> Backends.of("tpu"));
    assertEquals(
        "there is no back end for the target 'tpu'; it is one of cpu, cuda, or a jar with its back end must be on the class path",
        error.getMessage());
  }
}
