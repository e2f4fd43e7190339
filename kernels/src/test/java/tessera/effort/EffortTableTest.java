package tessera.effort;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.backend.cpu.CpuProvider;
import tessera.backend.cuda.CudaEffort;
import tessera.workload.Budget;
import tessera.workload.Effort;

final class EffortTableTest {
  @Test
  void row_ofATargetAndAnEffort_isReadByItsColumns() {
    assertEquals(
        new EffortRow(4, 0, 6, 10, 0.5, 80, 0, 3, 20, 80, 28, 30),
        EffortTable.row("cuda", Effort.FULL));
  }

  /** A warm run learns whatever its effort, with a share of the budget. */
  @ParameterizedTest
  @CsvSource({"cpu, STANDARD, 24, 52.5", "cpu, FULL, 64, 84", "cuda, STANDARD, 24, 52.5"})
  void warmRow_takesAShareOfTheBudget(String target, Effort effort, int trials, double seconds) {
    Budget budget = EffortTable.warmRow(target, effort).budget(effort.budget());
    assertEquals(trials, budget.trials());
    assertEquals(seconds, budget.seconds(), 1e-9);
    assertEquals(effort.budget(), EffortTable.row(target, effort).budget(effort.budget()));
    assertFalse(EffortTable.warmRow("cuda", Effort.QUICK).covers());
  }

  @Test
  void warmRow_ofOtherWorkloads_takesMore() {
    Budget other =
        EffortTable.warmRow("cpu", Effort.STANDARD).otherBudget(Effort.STANDARD.budget());
    assertEquals(38, other.trials());
    assertEquals(84, other.seconds(), 1e-9);
    assertEquals(
        Effort.QUICK.budget(),
        EffortTable.warmRow("cuda", Effort.QUICK).otherBudget(Effort.QUICK.budget()));
  }

  @Test
  void row_ofNoTarget_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> EffortTable.row("tpu", Effort.FULL));
  }

  /** The search of a GPU learns unless its effort is quick, however few trials it has. */
  @ParameterizedTest
  @CsvSource({
    "cpu, QUICK, false", "cpu, STANDARD, false", "cpu, FULL, false",
    "cuda, QUICK, true", "cuda, STANDARD, false", "cuda, FULL, false"
  })
  void covers_ofEachEffort(String target, Effort effort, boolean covers) {
    assertEquals(covers, EffortTable.row(target, effort).covers());
  }

  /* Budgets of 1,000, 256, 96 and 24 trials have the batches that they had before efforts were stated. */
  @ParameterizedTest
  @CsvSource({
    "FULL, 1000, 96",
    "FULL, 500, 96",
    "FULL, 256, 64",
    "FULL, 24, 16",
    "STANDARD, 96, 24",
    "STANDARD, 48, 16",
    "QUICK, 24, 24"
  })
  void batch_onAGpu_leavesRoundsToLearnFrom(Effort effort, int trials, int batch) {
    int rounds = EffortTable.row("cuda", effort).searchRounds();
    assertEquals(RoundSize.alone(batch), CudaEffort.SEARCH.rounds(trials, rounds, 1));
  }

  @ParameterizedTest
  @CsvSource({"QUICK, 24, 24", "STANDARD, 96, 32", "FULL, 256, 32"})
  void batch_onACpu_isOfOneSize(Effort effort, int trials, int batch) {
    int rounds = EffortTable.row("cpu", effort).searchRounds();
    assertEquals(RoundSize.alone(batch), CpuProvider.SEARCH.rounds(trials, rounds, 1));
  }

  @ParameterizedTest
  @CsvSource({"1, QUICK", "24, QUICK", "25, STANDARD", "96, STANDARD", "97, FULL", "1000, FULL"})
  void fitting_trials_isTheLeastEffortWithAsMany(int trials, Effort effort) {
    assertEquals(effort, Effort.fitting(trials));
  }

  @Test
  void rounds_ofSeveralDevices_areTwoAtOnceOfHalfTheSize() {
    assertEquals(new RoundSize(96, 2), CudaEffort.SEARCH.rounds(10_000, 4, 2));
    assertEquals(new RoundSize(384, 2), CudaEffort.SEARCH.rounds(10_000, 4, 8));
    assertEquals(new RoundSize(63, 2), CudaEffort.SEARCH.rounds(500, 4, 8), "four rounds at least");
    assertEquals(new RoundSize(1024, 2), CudaEffort.SEARCH.rounds(1_000_000, 4, 1000));
    assertEquals(RoundSize.alone(96), CudaEffort.SEARCH.rounds(10_000, 4, 0), "none is known yet");
  }
}
