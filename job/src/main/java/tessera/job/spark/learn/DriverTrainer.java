package tessera.job.spark.learn;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.job.spark.watch.BoundedStop;

/**
 * Trains in the driver of a cluster. The rows of a training are few and its jobs many, so that on
 * executors nearly all of its time is the way there and back, and each job waits for a core that
 * builds or measures.
 *
 * <p>A process has one {@code SparkContext} for each time that its classes are loaded. The
 * cluster's is taken, so a {@link LocalTraining} is loaded by a class loader of its own. It starts
 * with the first training. Where it fails, the cluster trains from then on.
 */
public final class DriverTrainer implements Trainer {
  private static final Logger LOG = LoggerFactory.getLogger(DriverTrainer.class);

  /** What it may take to stop; the process ends without it. */
  private static final Duration STOP = Duration.ofSeconds(5);

  private final Map<String, String> settings;
  private final Trainer byJobs;
  private Optional<Local> local = Optional.empty();
  private boolean failed;
  private volatile boolean closed;

  /**
   * A {@link LocalTraining} of another class loader, which stays open: what Spark does when the
   * process ends needs it.
   */
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

    void stop() throws Exception {
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
   * @param byJobs what trains on the cluster
   */
  public DriverTrainer(Map<String, String> settings, Trainer byJobs) {
    this.settings = settings;
    this.byJobs = byJobs;
  }

  /**
   * @throws IllegalStateException where this is closed
   * @throws EnvironmentFault where the thread is interrupted
   */
  @Override
  public Fitted fit(List<Example> examples, int rounds) {
    Optional<Local> trains = started();
    if (trains.isPresent()) {
      try {
        return LocalTraining.fitted(trains.get().apply(LocalTraining.request(examples, rounds)));
      } catch (Exception | LinkageError e) { // Scala declares none of those that it throws
        fails(e);
      }
    }
    return byJobs.fit(examples, rounds);
  }

  private synchronized Optional<Local> started() {
    checkOpen();
    if (local.isEmpty() && !failed) {
      try {
        local = Optional.of(Local.start(settings));
      } catch (Exception | LinkageError e) {
        fails(e instanceof InvocationTargetException ? e.getCause() : e);
      }
    }
    return failed ? Optional.empty() : local;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the trainer is closed");
    }
  }

  /** The cluster trains from now on. */
  private synchronized void fails(Throwable fault) {
    if (fault instanceof InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new EnvironmentFault(
          "the run was interrupted while its cost model was trained", interrupt);
    }
    checkOpen();
    if (!failed) {
      LOG.error(
          "executors train the cost model, since the driver could not: {}",
          UserError.shortened(fault.toString()));
      LOG.debug("the driver could not train", fault);
    }
    failed = true;
  }

  /** All that the process was started with, and what spark-submit added. */
  private static URL[] urls() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      try {
        urls.add(Path.of(entry).toUri().toURL());
      } catch (InvalidPathException e) {
        LOG.debug("no entry of a class path: {}", entry);
      }
    }
    ClassLoader loader = DriverTrainer.class.getClassLoader();
    for (; loader != null; loader = loader.getParent()) {
      if (loader instanceof URLClassLoader some) {
        urls.addAll(List.of(some.getURLs()));
      }
    }
    return urls.toArray(URL[]::new);
  }

  /** Stops its Spark, and one that is about to start. */
  @Override
  public void close() {
    closed = true;
    BoundedStop.within(STOP, "tessera-training-stop", this::stop);
  }

  private synchronized void stop() {
    try {
      if (local.isPresent()) {
        local.get().stop();
      }
    } catch (Exception e) {
      LOG.debug("the Spark that trains did not stop", e);
    }
    local = Optional.empty();
  }
}
