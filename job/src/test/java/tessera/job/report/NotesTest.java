package tessera.job.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class NotesTest {
  @Test
  void peak_thatWasMeasured_isSaidToBe() {
    assertEquals("as a loop of multiply-adds measured it", Notes.peak(51e3, 51e3, 1));
  }

  @Test
  void peak_ofTensorCores_isSaidToBeComputed() {
    assertEquals(
        "computed for the workload's precision from what a loop of multiply-adds measured",
        Notes.peak(51e3, 790e3, 1));
  }

  @Test
  void peak_ofSeveralThreads_isThatOfOneCoreTimesThem() {
    assertEquals(
        "4 times what a loop of multiply-adds measured on one core", Notes.peak(95, 380, 4));
  }
}
