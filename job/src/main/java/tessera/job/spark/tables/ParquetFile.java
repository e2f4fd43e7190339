package tessera.job.spark.tables;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.HadoopParquetConfiguration;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.io.SeekableInputStream;
import org.apache.spark.internal.config.ConfigEntry;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.CatalystTypeConverters;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.RebaseDateTime;
import org.apache.spark.sql.execution.datasources.parquet.ParquetReadSupport;
import org.apache.spark.sql.execution.datasources.parquet.ParquetWriteSupport;
import org.apache.spark.sql.internal.LegacyBehaviorPolicy;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;
import scala.Function1;
import scala.Option;

/** Rows of Spark's as the bytes of one Parquet file, and back. */
final class ParquetFile {
  private ParquetFile() {}

  static byte[] bytes(List<Row> rows, StructType schema) {
    Configuration settings =
        settings(
            List.of(
                SQLConf.PARQUET_WRITE_LEGACY_FORMAT(),
                SQLConf.PARQUET_OUTPUT_TIMESTAMP_TYPE(),
                SQLConf.PARQUET_FIELD_ID_WRITE_ENABLED(),
                SQLConf.PARQUET_ANNOTATE_VARIANT_LOGICAL_TYPE()));
    ParquetWriteSupport.setSchema(schema, settings);
    Function1<Object, Object> internal = CatalystTypeConverters.createToCatalystConverter(schema);
    Target target = new Target();
    try (ParquetWriter<InternalRow> writer =
        new Writing(target)
            .withConf(new HadoopParquetConfiguration(settings))
            .withCompressionCodec(CompressionCodecName.SNAPPY)
            .build()) {
      for (Row row : rows) {
        writer.write((InternalRow) internal.apply(row));
      }
    } catch (IOException e) { // into memory
      throw new UncheckedIOException(e);
    }
    return target.bytes.toByteArray();
  }

  /**
   * @param schema of the columns that are read; null stands where the file has none
   * @throws IOException where this is no Parquet of these types
   */
  static List<Row> rows(byte[] bytes, StructType schema) throws IOException {
    Configuration settings =
        settings(
            List.of(
                SQLConf.CASE_SENSITIVE(),
                SQLConf.PARQUET_BINARY_AS_STRING(),
                SQLConf.PARQUET_INT96_AS_TIMESTAMP(),
                SQLConf.PARQUET_INFER_TIMESTAMP_NTZ_ENABLED(),
                SQLConf.PARQUET_FIELD_ID_READ_ENABLED(),
                SQLConf.PARQUET_IGNORE_VARIANT_ANNOTATION(),
                SQLConf.LEGACY_PARQUET_NANOS_AS_LONG()));
    settings.set(ParquetReadSupport.SPARK_ROW_REQUESTED_SCHEMA(), schema.json());
    Function1<Object, Object> external = CatalystTypeConverters.createToScalaConverter(schema);
    List<Row> rows = new ArrayList<>();
    try (ParquetReader<InternalRow> reader =
        new Reading(new Source(bytes)).withConf(new HadoopParquetConfiguration(settings)).build()) {
      for (InternalRow row = reader.read(); row != null; row = reader.read()) {
        rows.add((Row) external.apply(row));
      }
    } catch (RuntimeException e) { // bytes of any other kind are met anywhere
      throw new IOException(e);
    }
    return rows;
  }

  private static Configuration settings(List<ConfigEntry<?>> ofSpark) {
    Configuration settings = new Configuration();
    ofSpark.forEach(entry -> settings.set(entry.key(), SQLConf.get().getConfString(entry.key())));
    return settings;
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

  private static final class Reading extends ParquetReader.Builder<InternalRow> {
    Reading(InputFile file) {
      super(file);
    }

    @Override
    protected ReadSupport<InternalRow> getReadSupport() {
      RebaseDateTime.RebaseSpec dates =
          new RebaseDateTime.RebaseSpec(LegacyBehaviorPolicy.CORRECTED(), Option.empty());
      return new ParquetReadSupport(Option.empty(), false, dates, dates);
    }
  }

  private static final class Target implements OutputFile {
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

  private record Source(byte[] bytes) implements InputFile {
    @Override
    public long getLength() {
      return bytes.length;
    }

    @Override
    public SeekableInputStream newStream() {
      Cursor cursor = new Cursor(bytes);
      return new DelegatingSeekableInputStream(cursor) {
        @Override
        public long getPos() {
          return cursor.place();
        }

        @Override
        public void seek(long place) {
          cursor.move(place);
        }
      };
    }
  }

  private static final class Cursor extends ByteArrayInputStream {
    Cursor(byte[] bytes) {
      super(bytes);
    }

    long place() {
      return pos;
    }

    void move(long place) {
      pos = Math.toIntExact(place);
    }
  }
}
