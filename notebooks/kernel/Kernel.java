import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.rapaio.jupyter.kernel.MainApp;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.channels.LoopThread;
import org.rapaio.jupyter.kernel.core.ConnectionProperties;
import org.rapaio.jupyter.kernel.core.Transform;

/**
 * Starts the Java kernel for Jupyter, as its own main class does, but for two things. It leaves
 * logging as it is: the kernel makes every library log all that it can, at which Spark's compiler
 * fails. And it starts again what the kernel loses on a busy machine: a thread of a channel that
 * runs before it is marked as running, or is sent a message before there are handlers, ends at once.
 */
public final class Kernel {
  private static final List<String> CHANNELS = List.of("heartbeat", "shell", "control");
  private static final int LOOKS = 50;
  private static final int MILLIS_BETWEEN = 100;

  private Kernel() {}

  public static void main(String[] arguments) throws Exception {
    Logger.getLogger("").setLevel(Level.WARNING);
    String connection = Files.readString(Path.of(arguments[0]));
    Channels channels = new Channels(Transform.fromJson(connection, ConnectionProperties.class));
    channels.connect(MainApp.kernel);
    for (int look = 0; look < LOOKS && !channels.isMarkedForShutdown(); look++) {
      Thread.sleep(MILLIS_BETWEEN);
      for (String name : CHANNELS) {
        revive(field(Channels.class, name).get(channels));
      }
    }
    channels.joinUntilClose();
  }

  private static void revive(Object channel) throws ReflectiveOperationException {
    Field field = field(channel.getClass(), "loopThread");
    LoopThread lost = (LoopThread) field.get(channel);
    if (!lost.isAlive()) {
      Runnable body = (Runnable) field(LoopThread.class, "loopBody").get(lost);
      LoopThread again =
          new LoopThread(lost.getName(), (long) field(LoopThread.class, "sleep").get(lost), body);
      field.set(channel, again);
      again.start();
    }
  }

  private static Field field(Class<?> type, String name) throws NoSuchFieldException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }
}
