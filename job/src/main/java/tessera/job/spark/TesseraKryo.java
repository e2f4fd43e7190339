package tessera.job.spark;

import com.esotericsoftware.kryo.Kryo;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * The classes that Spark serialises for Tessera; anything else is refused, so that nothing large
 * travels unseen.
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
    "java.util.ArrayList"
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
