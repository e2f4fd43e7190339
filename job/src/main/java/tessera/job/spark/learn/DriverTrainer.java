package tessera.job.spark.learn;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains in the driver of a cluster. The rows of a training are few and its jobs many, so that on
 * executors nearly all of its time is the way there and back, and each job waits for a core that
 * builds or measures.
 *
 * <p>A process has one {@code SparkContext} for each time that its classes are loaded. The
 * cluster's is taken, so a {@link LocalTraining} is loaded by a class loader of its own. It starts
 * with the first training.
 */
public final class DriverTrainer implements Trainer {
  private static final Logger LOG = LoggerFactory.getLogger(DriverTrainer.class);

  private final Map<String, String> settings;
  private final Trainer cluster;
  private Optional<Local> local = Optional.empty();
  private boolean failed;

  /** A {@link LocalTraining} of another class loader. */
  private record Local(ClassLoader loader, Object training) {
    static Local start(Map<String, String> settings) throws Exception {
      ClassLoader loader =
          new URLClassLoader("tessera-training", urls(), ClassLoader.getPlatformClassLoader());
      return new Local(
          loader,
          within(
              loader,
              () ->
                  loader
                      .loadClass(LocalTraining.class.getName())
                      .getConstructor(Map.class)
                      .newInstance(settings)));
    }

    @SuppressWarnings("unchecked")
    Object[] apply(Object[] request) throws Exception {
      return within(loader, () -> ((Function<Object[], Object[]>) training).apply(request));
    }

    void close() throws Exception {
      within(
          loader,
          () -> {
            ((AutoCloseable) training).close();
            return true;
          });
    }

    /** Spark looks for classes in the loader of the thread. */
    private static <T> T within(ClassLoader loader, Callable<T> action) throws Exception {
      Thread thread = Thread.currentThread();
      ClassLoader before = thread.getContextClassLoader();
      thread.setContextClassLoader(loader);
      try {
        return action.call();
      } finally {
        thread.setContextClassLoader(before);
      }
    }
  }

  /**
   * @param settings of the Spark that trains
   * @param cluster what trains where that one does not start
   */
  public DriverTrainer(Map<String, String> settings, Trainer cluster) {
    this.settings = settings;
    this.cluster = cluster;
  }

  @Override
  public Fitted fit(List<Example> examples, int rounds) {
    Optional<Local> trains = started();
    if (trains.isEmpty()) {
      return cluster.fit(examples, rounds);
    }
    try {
      return LocalTraining.fitted(trains.get().apply(LocalTraining.request(examples, rounds)));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) { // Scala declares none of those that it throws
      throw new IllegalStateException("the cost model was not trained: " + e.getMessage(), e);
    }
  }

  private synchronized Optional<Local> started() {
    if (local.isEmpty() && !failed) {
      try {
        local = Optional.of(Local.start(settings));
      } catch (Exception | LinkageError e) {
        failed = true;
        Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
        LOG.warn("the cost model is trained on executors, since the driver cannot: {}", cause, e);
      }
    }
    return local;
  }

  /** All that the process was started with, and what spark-submit added. */
  private static URL[] urls() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    ClassLoader loader = DriverTrainer.class.getClassLoader();
    for (; loader != null; loader = loader.getParent()) {
      if (loader instanceof URLClassLoader some) {
        urls.addAll(List.of(some.getURLs()));
      }
    }
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      try {
        urls.add(Path.of(entry).toUri().toURL());
      } catch (InvalidPathException e) {
        LOG.debug("no entry of a class path: {}", entry);
      }
    }
    return urls.toArray(URL[]::new);
  }

  @Override
  public synchronized void close() {
    if (local.isPresent()) {
      try {
        local.get().close();
      } catch (Exception e) {
        LOG.debug("the Spark that trains did not stop", e);
      }
      local = Optional.empty();
      failed = true;
    }
  }
}
