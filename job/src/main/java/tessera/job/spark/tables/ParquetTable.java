package tessera.job.spark.tables;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.HadoopParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.CatalystTypeConverters;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.parquet.ParquetWriteSupport;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;
import scala.Function1;
import tessera.storage.Place;

/**
 * Tables of one Parquet file, written by the driver, which has their rows: an executor's disk may
 * be another, and one file is written whole where a job of Spark's takes many steps.
 */
final class ParquetTable {
  private static final String FILE = "part-00000.parquet";

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
    byte[] bytes = bytes(rows, schema);
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

  static byte[] bytes(List<Row> rows, StructType schema) {
    Configuration settings = new Configuration();
    ParquetWriteSupport.setSchema(schema, settings);
    for (String spark :
        List.of(
            SQLConf.PARQUET_WRITE_LEGACY_FORMAT().key(),
            SQLConf.PARQUET_OUTPUT_TIMESTAMP_TYPE().key(),
            SQLConf.PARQUET_FIELD_ID_WRITE_ENABLED().key(),
            SQLConf.PARQUET_ANNOTATE_VARIANT_LOGICAL_TYPE().key())) {
      settings.set(spark, SQLConf.get().getConfString(spark));
    }
    Function1<Object, Object> internal = CatalystTypeConverters.createToCatalystConverter(schema);
    Memory memory = new Memory();
    try (ParquetWriter<InternalRow> writer =
        new Writing(memory)
            .withConf(new HadoopParquetConfiguration(settings))
            .withCompressionCodec(CompressionCodecName.SNAPPY)
            .build()) {
      for (Row row : rows) {
        writer.write((InternalRow) internal.apply(row));
      }
    } catch (IOException e) { // into memory
      throw new UncheckedIOException(e);
    }
    return memory.bytes.toByteArray();
  }

  private static final class Writing extends ParquetWriter.Builder<InternalRow, Writing> {
    Writing(OutputFile file) {
      super(file);
    }

    @Override
    protected Writing self() {
      return this;
    }

    @Override
    @SuppressWarnings("deprecation") // and abstract
    protected WriteSupport<InternalRow> getWriteSupport(Configuration settings) {
      return new ParquetWriteSupport();
    }
  }

  private static final class Memory implements OutputFile {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public PositionOutputStream create(long blockSize) {
      return createOrOverwrite(blockSize);
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSize) {
      return new PositionOutputStream() {
        @Override
        public long getPos() {
          return bytes.size();
        }

        @Override
        public void write(int value) {
          bytes.write(value);
        }

        @Override
        public void write(byte[] values, int from, int count) {
          bytes.write(values, from, count);
        }
      };
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }
}
