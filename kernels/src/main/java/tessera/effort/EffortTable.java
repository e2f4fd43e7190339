package tessera.effort;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tessera.Json;
import tessera.workload.Effort;

/**
 * What each effort asks of each kind of target; the columns are the components of {@link
 * EffortRow}. Budgets cut a run short, and change nothing here.
 *
 * <p>Short and long instances want unlike micro-kernels on a GPU, and it times ten of them while a
 * CPU times one: its contests have many instances and few leaders. Of the few trials of its quick
 * effort most can be timed on all of them.
 */
public final class EffortTable {
  private static final String TABLE =
      """
      target effort   start searchRounds covered leaders specialists unmeasuredShare contest contestPerVariable rounds dispatch dispatchPerVariable reported mostKernels trialsShare otherTrialsShare secondsShare
      cpu    quick    fresh            1       0       6           1             0.0       3                  1      2        0                  10        6           6         1.0              1.0          1.0
      cpu    standard fresh            1       0       8           1             0.0       3                  1      2        0                  20       10          10         1.0              1.0          1.0
      cpu    full     fresh            1       0      10           2             0.0       3                  2      3        0                  30       14          12         1.0              1.0          1.0
      cuda   quick    fresh            1      80      16           4             0.0      40                  0      2       10                  20       12          30         1.0              1.0          1.0
      cuda   standard fresh            4       0       5           8             0.5      60                  0      2       15                  40       20          30         1.0              1.0          1.0
      cuda   full     fresh            4       0       6          10             0.5      80                  0      3       20                  80       28          30         1.0              1.0          1.0
      cpu    quick    warm             4       0       5           1             0.0       3                  1      2        0                  10        4           6         0.5              0.5          1.0
      cpu    standard warm             4       0       6           1             0.0       3                  1      2        0                  14        4          10        0.25              0.4         0.35
      cpu    full     warm             4       0       8           1             0.0       3                  2      3        0                  20        6          12        0.25              0.4         0.35
      cuda   quick    warm             2       0       8           4             0.0      40                  0      2       10                  20       12          30         1.0              1.0          1.0
      cuda   standard warm             4       0       5           8             0.5      60                  0      2       15                  40       12          30        0.25              0.4         0.35
      cuda   full     warm             4       0       6          10             0.5      80                  0      3       20                  80       16          30        0.25              0.4         0.35
      """;

  /** Columns that tell one row from another. */
  private static final int KEYS = 3;

  private static final Map<String, EffortRow> ROWS = rows(TABLE);

  private EffortTable() {}

  /**
   * The row of an effort, for a run that begins with nothing.
   *
   * @param target a kind of target that the table has
   */
  public static EffortRow row(String target, Effort effort) {
    return row(target, effort, "fresh");
  }

  /** As {@link #row}, for a run that begins with what former runs measured. */
  public static EffortRow warmRow(String target, Effort effort) {
    return row(target, effort, "warm");
  }

  private static EffortRow row(String target, Effort effort, String start) {
    EffortRow row = ROWS.get(target + " " + effort.key() + " " + start);
    if (row == null) {
      throw new IllegalArgumentException("no effort " + effort.key() + " for target " + target);
    }
    return row;
  }

  private static Map<String, EffortRow> rows(String table) {
    List<List<String>> lines =
        table.lines().map(line -> Arrays.asList(line.strip().split(" +"))).toList();
    Map<String, EffortRow> rows = new HashMap<>();
    for (List<String> cells : lines.subList(1, lines.size())) {
      Map<String, String> columns = new HashMap<>();
      for (int column = KEYS; column < cells.size(); column++) {
        columns.put(lines.get(0).get(column), cells.get(column));
      }
      rows.put(
          String.join(" ", cells.subList(0, KEYS)),
          Json.DOCUMENTS.convertValue(columns, EffortRow.class));
    }
    return Map.copyOf(rows);
  }
}
