package tessera.job.spark.tables;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import tessera.UserError;
import tessera.storage.Place;

/**
 * Tables of one Parquet file, written and read by the driver: an executor's disk may be another,
 * and one file is written or read whole, again where the storage fails, where a job of Spark's
 * takes many steps.
 */
final class ParquetTable {
  private static final String SUFFIX = ".parquet";
  private static final String FILE = "part-00000" + SUFFIX;

  /** As Spark marks a table that is whole. */
  private static final String MARK = "_SUCCESS";

  private ParquetTable() {}

  /**
   * Writes a table in place of what was there.
   *
   * @param folder of the table; nothing is left of it where it cannot be written
   * @throws IOException where the storage refuses
   */
  static void write(List<Row> rows, StructType schema, Place folder) throws IOException {
    byte[] bytes = ParquetFile.bytes(rows, schema);
    try {
      folder.delete();
      folder.createFolder();
      folder.resolve(FILE).write(bytes);
      folder.resolve(MARK).write(new byte[0]);
    } catch (IOException e) {
      folder.delete();
      throw e;
    }
  }

  /** Whether a table was written to its end. */
  static boolean isWhole(Place folder) throws IOException {
    return folder.resolve(MARK).isFile();
  }

  /**
   * The rows of a table that was written to its end, in no order.
   *
   * @param schema of the columns that are read; null stands where the table has none
   * @param remedy where a file is damaged
   * @throws UserError naming the file that is damaged
   * @throws IOException where the storage refuses
   */
  static List<Row> read(Place folder, StructType schema, String remedy) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (Place file : folder.list()) {
      if (file.name().endsWith(SUFFIX) && !file.name().startsWith(".")) {
        rows.addAll(readFile(file, schema, remedy));
      }
    }
    return rows;
  }

  private static List<Row> readFile(Place file, StructType schema, String remedy)
      throws IOException {
    byte[] bytes = file.read();
    try {
      return ParquetFile.rows(bytes, schema);
    } catch (IOException e) {
      UserError mistake = damaged(file, remedy);
      mistake.initCause(e);
      throw mistake;
    }
  }

  /**
   * @param part a file, or the folder of a table
   * @param remedy what to do, and what comes of it
   */
  static UserError damaged(Place part, String remedy) {
    return new UserError(part + " is damaged; " + remedy);
  }
}
