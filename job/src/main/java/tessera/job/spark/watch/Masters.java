package tessera.job.spark.watch;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import tessera.EnvironmentFault;
import tessera.UserError;

/**
 * The masters of a standalone cluster, {@code spark://HOST:PORT,HOST:PORT}. Spark itself would try
 * them for a minute and end with a stack trace that does not say what is wrong.
 */
final class Masters {
  private static final String SCHEME = "spark://";

  /** Behind any other scheme may be a cluster manager that was added to Spark. */
  private static final Pattern KNOWN =
      Pattern.compile("local(\\[.*])?|local-cluster\\[.*]|yarn(-.*)?|[a-z0-9]+://.*");

  private static final int CONNECT_MILLIS = 5000;
  private static final int PAUSE_MILLIS = 500;

  private Masters() {}

  /** The addresses of a standalone cluster; none for any other. */
  private static List<String> addresses(String master) {
    return master.startsWith(SCHEME)
        ? Arrays.asList(master.substring(SCHEME.length()).split(","))
        : List.of();
  }

  static List<String> hosts(String master) {
    return addresses(master).stream().map(a -> a.replaceFirst(":\\d+$", "")).toList();
  }

  /**
   * Waits until one of them listens.
   *
   * @param said what is waited for
   * @throws UserError where Spark knows no such master
   * @throws EnvironmentFault where none does in time, or none has a host of that name
   */
  static void await(String master, Duration wait, Consumer<String> said) {
    if (!KNOWN.matcher(master).matches()) {
      throw new UserError(
          "the master "
              + UserError.quoted(master)
              + " is none that Spark knows; give local[N], spark://HOST:PORT, yarn or"
              + " k8s://HOST:PORT");
    }
    List<String> addresses = addresses(master);
    if (addresses.isEmpty()) {
      return;
    }
    if (!addresses.stream().allMatch(address -> address.matches(".+:\\d{1,5}"))) {
      throw new UserError(
          "the master "
              + UserError.quoted(master)
              + " lacks a host or a port; give it as spark://HOST:7077");
    }
    long start = System.nanoTime();
    for (boolean first = true; ; first = false) {
      try {
        connect(addresses);
        return;
      } catch (IOException e) {
        String cause = cause(e);
        if (e instanceof UnknownHostException || System.nanoTime() - start > wait.toNanos()) {
          String how = first ? "" : " within " + wait.toSeconds() + " s";
          throw new EnvironmentFault(
              "the master "
                  + master
                  + " does not answer"
                  + how
                  + ": "
                  + cause
                  + "; see whether it runs there, and give its address with --master",
              e);
        }
        if (first) {
          said.accept(
              "waiting up to " + wait.toSeconds() + " s for the master " + master + ": " + cause);
        }
        pause();
      }
    }
  }

  private static void connect(List<String> addresses) throws IOException {
    IOException last = new IOException("no address is given");
    for (String address : addresses) {
      int colon = address.lastIndexOf(':');
      String host = address.substring(0, Math.max(0, colon)).replaceAll("[\\[\\]]", "");
      try (Socket socket = new Socket()) {
        int port = Integer.parseInt(address.substring(colon + 1));
        InetSocketAddress place = new InetSocketAddress(host, port);
        if (place.isUnresolved()) {
          throw new UnknownHostException(host);
        }
        socket.connect(place, CONNECT_MILLIS);
        return;
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }

  private static String cause(IOException failure) {
    return failure instanceof UnknownHostException
        ? "there is no host " + failure.getMessage()
        : failure.getMessage();
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EnvironmentFault("the wait for the master was interrupted", e);
    }
  }
}
