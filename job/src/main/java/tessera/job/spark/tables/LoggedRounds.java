package tessera.job.spark.tables;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import tessera.UserError;
import tessera.job.records.RunFolder;
import tessera.storage.Place;

/**
 * What a trial log has: {@code trials/round=N/} with a row for each trial and {@code
 * rounds/round=N/} with the round's figures. A round counts once both have their mark.
 *
 * @param folder with the log
 */
record LoggedRounds(Place folder) {
  static final StructType FIGURES =
      Schemas.of(
          Schemas.column("trials", DataTypes.IntegerType),
          Schemas.column("ok", DataTypes.IntegerType),
          Schemas.column("device_busy_share", DataTypes.DoubleType),
          Schemas.column("held_out", DataTypes.IntegerType),
          Schemas.column("spearman", DataTypes.DoubleType),
          Schemas.column("prior_spearman", DataTypes.DoubleType),
          Schemas.column("top8_recall", DataTypes.DoubleType),
          // logs of version 8 and before lack what follows
          Schemas.optional("begin_seconds", DataTypes.DoubleType),
          Schemas.optional("learn_seconds", DataTypes.DoubleType),
          Schemas.optional("measure_seconds", DataTypes.DoubleType),
          Schemas.optional(
              "importance", DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType)),
          // and those of version 9 and before what follows
          Schemas.optional("former_rows", DataTypes.IntegerType),
          Schemas.optional("former_anchors", DataTypes.IntegerType),
          Schemas.optional(
              "former_factors",
              DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType)));

  private static final String REMEDY =
      "remove the folder of its round, and tune --resume goes on from the round before";

  Place trialsOf(int round) {
    return place("trials", round);
  }

  Place figuresOf(int round) {
    return place("rounds", round);
  }

  private Place place(String table, int round) {
    return folder.resolve(table).resolve(String.format(Locale.ROOT, "round=%04d", round));
  }

  /** How many were finished. */
  int count() {
    try {
      int round = 0;
      while (ParquetTable.isWhole(trialsOf(round)) && ParquetTable.isWhole(figuresOf(round))) {
        round++;
      }
      return round;
    } catch (IOException e) {
      throw RunFolder.unreadable(folder, e);
    }
  }

  /**
   * The figures of a finished round.
   *
   * @throws UserError where they are damaged or cannot be read
   */
  Row figures(int round) {
    List<Row> rows = read(figuresOf(round), FIGURES);
    if (rows.size() != 1 || rows.get(0).isNullAt(0)) {
      throw ParquetTable.damaged(figuresOf(round), REMEDY);
    }
    return rows.get(0);
  }

  /**
   * The trials of a finished round, in order. Only a log of an earlier version has rounds without
   * any, and their figures say so.
   *
   * @throws UserError where they are damaged or cannot be read
   */
  List<Row> trials(int round) {
    List<Row> rows = new ArrayList<>(read(trialsOf(round), TrialColumns.READ));
    if (rows.stream().anyMatch(row -> row.getAs("outcome") == null)
        || rows.isEmpty() && figures(round).<Integer>getAs("trials") > 0) {
      throw ParquetTable.damaged(trialsOf(round), REMEDY);
    }
    if (rows.stream().anyMatch(LoggedRounds::isNewer)) {
      throw new UserError(
          trialsOf(round) + " was written by a newer Tessera; update Tessera to read it");
    }
    rows.sort(Comparator.comparing(row -> row.<Integer>getAs("index")));
    return rows;
  }

  private static boolean isNewer(Row trial) {
    return trial.<Integer>getAs("schema_version") > TrialColumns.SCHEMA_VERSION;
  }

  private List<Row> read(Place table, StructType schema) {
    try {
      return ParquetTable.read(table, schema, REMEDY);
    } catch (IOException e) {
      throw RunFolder.unreadable(folder, e);
    }
  }
}
