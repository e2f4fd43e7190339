package tessera.job.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import tessera.job.records.RunResult.Step;

final class StepTimesTest {
  @Test
  void until_ofSeveralSteps_hasEachWithItsSeconds() {
    StepTimes steps = new StepTimes();
    steps.enter("search", 2);
    steps.enter("search", 3);
    steps.enter("contest", 10);
    assertEquals(
        List.of(new Step("starting", 2), new Step("search", 8), new Step("contest", 5)),
        steps.until(15));
    steps.enter("search", 16);
    assertEquals(
        List.of(
            new Step("starting", 2),
            new Step("search", 8),
            new Step("contest", 6),
            new Step("search", 4)),
        steps.until(20));
  }
}
