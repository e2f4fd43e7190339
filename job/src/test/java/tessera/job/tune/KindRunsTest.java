package tessera.job.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tessera.EnvironmentFault;
import tessera.UserError;

final class KindRunsTest {
  private final List<String> remarks = new ArrayList<>();
  private final List<String> tuned = new ArrayList<>();
  private boolean interrupted;

  private KindRuns.Run ending(String hardware, int code) {
    return new KindRuns.Run(
        hardware,
        () -> {
          tuned.add(hardware);
          return code;
        });
  }

  private static KindRuns.Run failing(String hardware, RuntimeException failure) {
    return new KindRuns.Run(
        hardware,
        () -> {
          throw failure;
        });
  }

  private int all(KindRuns.Run... runs) {
    return new KindRuns(() -> interrupted, remarks::add).all(List.of(runs));
  }

  @Test
  void all_thatEnd_giveTheWorstCode() {
    assertEquals(1, all(ending("a", 0), ending("b", 1), ending("c", 0)));
    assertEquals(List.of("a", "b", "c"), tuned);
    assertEquals(List.of(), remarks);
  }

  @Test
  void all_firstFails_tunesTheOthersAndEndsInItsFault() {
    EnvironmentFault lost = new EnvironmentFault("no executor is left");
    EnvironmentFault fault =
        assertThrows(
            EnvironmentFault.class, () -> all(failing("a", lost), ending("b", 0), ending("c", 1)));
    assertEquals("there is no bundle for a; why is said above", fault.getMessage());
    assertSame(lost, fault.getCause());
    assertEquals(List.of("b", "c"), tuned);
    assertEquals(List.of("the run for a failed: no executor is left"), remarks);
  }

  @Test
  void all_faultAndMistake_endInAMistake() {
    UserError mistake =
        assertThrows(
            UserError.class,
            () ->
                all(
                    failing("a", new IllegalStateException("it fails")),
                    failing("b", new UserError("there is no room")),
                    failing("c", new EnvironmentFault("no executor is left"))));
    assertEquals(
        "there is no bundle for a, nor for b, nor for c; why is said above", mistake.getMessage());
    assertEquals(
        List.of(
            "the run for a failed: java.lang.IllegalStateException: it fails",
            "the run for b failed: there is no room",
            "the run for c failed: no executor is left"),
        remarks);
  }

  @Test
  void all_oneAlone_endsInItsOwnFailure() {
    UserError mistake = new UserError("there is no room");
    assertSame(mistake, assertThrows(UserError.class, () -> all(failing("a", mistake))));
    assertEquals(List.of(), remarks);
  }

  @Test
  void all_interrupted_beginsNoOther() {
    interrupted = true;
    EnvironmentFault stopped = new EnvironmentFault("Spark was stopped");
    assertSame(
        stopped,
        assertThrows(EnvironmentFault.class, () -> all(failing("a", stopped), ending("b", 0))));
    assertEquals(List.of(), tuned);
  }
}
