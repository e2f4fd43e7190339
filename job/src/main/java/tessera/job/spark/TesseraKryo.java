package tessera.job.spark;

import com.esotericsoftware.kryo.Kryo;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * The classes that Spark serialises for Tessera, which travel as a number in place of their name.
 * Any other class travels with its name; tests alone refuse it ({@code
 * spark.kryo.registrationRequired}), so that nothing large travels unseen.
 */
public final class TesseraKryo implements KryoRegistrator {
  private static final String[] NAMES = {
    "[Ljava.lang.String;",
    "[Ljava.lang.Object;",
    "[I",
    "[J",
    "[D",
    "[B",
    "java.lang.Class",
    "tessera.job.spark.Request",
    "[Ltessera.job.spark.Request;",
    "java.util.ArrayList",
    "org.apache.spark.sql.types.MapType",
    "org.apache.spark.sql.types.ArrayType",
    "org.apache.spark.sql.types.StructType",
    "org.apache.spark.sql.types.StructField",
    "[Lorg.apache.spark.sql.types.StructField;",
    "org.apache.spark.sql.types.Metadata",
    "org.apache.spark.sql.types.IntegerType$",
    "org.apache.spark.sql.types.LongType$",
    "org.apache.spark.sql.types.DoubleType$",
    "org.apache.spark.sql.types.StringType$",
    "org.apache.spark.sql.types.StringType",
    "org.apache.spark.sql.types.BooleanType$",
    "org.apache.spark.sql.types.FloatType$",
    "org.apache.spark.sql.types.TimestampType$",
    "org.apache.spark.sql.types.DateType$",
    "org.apache.spark.sql.types.ByteType$",
    "org.apache.spark.sql.types.ShortType$",
    "org.apache.spark.sql.types.DecimalType",
    "org.apache.spark.sql.types.BinaryType$",
    "org.apache.spark.sql.types.TimestampNTZType$",
    "org.apache.spark.sql.types.TimeType",
    "org.apache.spark.sql.types.YearMonthIntervalType",
    "org.apache.spark.sql.types.DayTimeIntervalType",
    "org.apache.spark.sql.types.VariantType$",
    "org.apache.spark.mllib.tree.impurity.VarianceCalculator",
    "org.apache.spark.mllib.tree.impurity.Variance$",
    "org.apache.spark.mllib.tree.impurity.VarianceAggregator",
    "org.apache.spark.mllib.tree.impurity.GiniCalculator",
    "org.apache.spark.mllib.tree.model.ImpurityStats",
    "org.apache.spark.mllib.tree.configuration.QuantileStrategy$",
    "scala.Enumeration$Val",
    "org.apache.spark.mllib.tree.impurity.Gini$",
    "org.apache.spark.ml.tree.impl.DecisionTreeMetadata",
    "org.apache.spark.mllib.tree.impurity.GiniAggregator",
    "org.apache.spark.ml.tree.impl.DTStatsAggregator",
    "[[Lorg.apache.spark.ml.tree.Split;",
    "org.apache.spark.ml.tree.ContinuousSplit",
    "[Lorg.apache.spark.ml.tree.Split;",
    "org.apache.spark.util.collection.OpenHashSet$DoubleHasher",
    "org.apache.spark.util.collection.OpenHashSet",
    "scala.reflect.ManifestFactory$DoubleManifest",
    "org.apache.spark.util.collection.OpenHashMap$mcD$sp"
  };

  @Override
  public void registerClasses(Kryo kryo) {
    for (String name : NAMES) {
      register(kryo, name);
    }
  }

  private static void register(Kryo kryo, String name) {
    try {
      kryo.register(Class.forName(name, false, TesseraKryo.class.getClassLoader()));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("Spark no longer has the class " + name, e);
    }
  }
}
