package tessera.job.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.SearchProgress;

final class SubjectReaderTest {
  private static SearchProgress.Round round(
      Known<Double> begin, Known<Double> measure, Known<Double> learn) {
    Known<Double> wait = Known.of(0.5);
    return new SearchProgress.Round("", 3, 8, 8, 0.5, 1, 1, 1, wait, begin, measure, learn);
  }

  @Test
  void ended_ofARound_isAfterItsTrainingAndItsMeasuring() {
    assertEquals(
        17.5, SubjectReader.ended(round(Known.of(10.0), Known.of(5.0), Known.of(2.5))), 1e-12);
  }

  @Test
  void ended_ofARoundWithoutTimes_isNotKnown() {
    Known<Double> no = Known.not("its log is older");
    assertEquals(Double.NaN, SubjectReader.ended(round(no, no, no)));
  }
}
