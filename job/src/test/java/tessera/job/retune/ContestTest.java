package tessera.job.retune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tessera.EnvironmentFault;
import tessera.backend.WeightsForm;
import tessera.backend.cuda.Samples;
import tessera.job.SmallBundle;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.runtime.BundleFiles;
import tessera.runtime.BundleManifest;
import tessera.trial.BundleTimer;

/** Two bundles on a device whose answers are given one by one. */
final class ContestTest {
  private static final InPlace.Content OLD = content("old", SmallBundle.manifest());
  private static final InPlace.Content NEW = content("new", SmallBundle.manifest());

  /** The digests of the bundles that were timed, call by call. */
  private final List<String> timed = new ArrayList<>();

  private static InPlace.Content content(String digest, BundleManifest manifest) {
    return new InPlace.Content(
        manifest, Optional.empty(), new BundleFiles(digest, Map.of()), false);
  }

  /** How a contest ends where the calls end in turn as given. */
  private Contest.Result result(Outcome... outcomes) {
    BundleTimer timer =
        (asked, until) -> {
          Outcome outcome = outcomes[timed.size()];
          timed.add(String.join(" ", asked.bundles().stream().map(BundleFiles::digest).toList()));
          return outcome == Outcome.OK
              ? new BundleTimer.Timed(outcome, "", timings(asked, 900))
              : BundleTimer.Timed.failed(outcome, "call " + timed.size());
        };
    return new Contest(timer).of(OLD, NEW, Samples.H200);
  }

  /** The old one takes 800. */
  private static List<List<Timing>> timings(BundleTimer.Asked asked, double nanosOfNew) {
    List<Timing> row = new ArrayList<>();
    for (BundleFiles bundle : asked.bundles()) {
      double[] nanos = {bundle.digest().equals("new") ? nanosOfNew : 800, 5000};
      row.add(
          new Timing(SmallBundle.WORKLOAD.anywhere().problem(1), nanos, new double[0], Map.of()));
    }
    return Collections.nCopies(asked.shapes().size(), row);
  }

  private String fault(Outcome... outcomes) {
    return assertThrows(EnvironmentFault.class, () -> result(outcomes)).getMessage();
  }

  @Test
  void of_bothTimed_comparesThem() {
    Contest.Result result = result(Outcome.OK);
    assertTrue(result.isSlower());
    assertEquals(
        "the new bundle takes 1.125 times the time of the one in place, of which 2% may be noise",
        result.words());
    assertEquals(List.of("old new"), timed);
  }

  @ParameterizedTest
  @CsvSource({
    "800, 900, 'with prepared weights the new bundle takes 1.125 times'",
    "900, 800, 'the new bundle takes 1.125 times'"
  })
  void of_twoThatServeBothForms_isThatOfTheFormInWhichItIsSlower(
      double plain, double prepared, String words) {
    BundleTimer timer =
        (asked, until) ->
            new BundleTimer.Timed(
                Outcome.OK,
                "",
                timings(asked, asked.form() == WeightsForm.PREPARED ? prepared : plain));
    BundleManifest both = SmallBundle.manifestOfBothForms();
    Contest.Result result =
        new Contest(timer).of(content("old", both), content("new", both), Samples.H200);
    assertTrue(result.isSlower());
    assertTrue(result.words().startsWith(words), result.words());
    Contest.Result one = new Contest(timer).of(OLD, content("new", both), Samples.H200);
    assertEquals(1.125, one.ratio(), 1e-9);
  }

  /** Whatever passed was no fault of the one in place, which works by itself. */
  @ParameterizedTest
  @EnumSource(names = {"NOT_RUN", "RUN_FAILED", "RUN_TIMEOUT"})
  void of_failureThatPasses_comparesThemTheNextTime(Outcome outcome) {
    assertTrue(result(outcome, Outcome.OK, Outcome.OK).isSlower());
    assertEquals(List.of("old new", "old", "old new"), timed);
  }

  @Test
  void of_deviceHeldFromTheOneInPlaceToo_doesNotBlameIt() {
    assertTrue(result(Outcome.NOT_RUN, Outcome.NOT_RUN, Outcome.OK).isSlower());
    assertEquals(List.of("old new", "old", "old new"), timed);
  }

  @Test
  void of_failureThatStays_isAFaultThatComparesNothing() {
    assertEquals(
        "the new bundle could not be compared with the one in place: RUN_TIMEOUT, call 3",
        fault(Outcome.NOT_RUN, Outcome.NOT_RUN, Outcome.RUN_TIMEOUT, Outcome.OK));
    assertEquals(List.of("old new", "old", "old new", "old"), timed);
  }

  @Test
  void of_oneInPlaceFailsByItself_isNoneToCompareWith() {
    Contest.Result result = result(Outcome.RUN_FAILED, Outcome.RUN_FAILED, Outcome.OK);
    assertFalse(result.isSlower());
    assertEquals("the one in place cannot be called: RUN_FAILED, call 2", result.words());
    assertEquals(List.of("old new", "old", "new"), timed);
  }

  @Test
  void of_bothFailByThemselves_isAFault() {
    assertEquals(
        "the new bundle could not be timed: RUN_FAILED, call 3",
        fault(Outcome.RUN_FAILED, Outcome.RUN_FAILED, Outcome.RUN_FAILED));
  }
}
