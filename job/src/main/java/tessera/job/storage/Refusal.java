package tessera.job.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.hdfs.protocol.QuotaExceededException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.AccessControlException;
import tessera.UserError;
import tessera.storage.StorageAway;

/** What Hadoop's exceptions say to people. */
final class Refusal {
  /** What another attempt does not change: Hadoop's clients have tried again themselves. */
  private static final List<Class<? extends Exception>> LASTING =
      List.of(
          FileNotFoundException.class,
          NoSuchFileException.class,
          AccessControlException.class,
          AccessDeniedException.class,
          FileAlreadyExistsException.class,
          ParentNotDirectoryException.class,
          QuotaExceededException.class,
          ConnectException.class,
          NoRouteToHostException.class,
          SocketTimeoutException.class,
          UnknownHostException.class,
          InterruptedIOException.class);

  private Refusal() {}

  static boolean lasts(IOException failure) {
    Throwable told = told(failure);
    return LASTING.stream().anyMatch(type -> type.isInstance(told));
  }

  /** As the JDK says it of a file on disk. */
  static IOException of(String place, URI root, Exception failure) {
    Throwable told = told(failure);
    FileSystemException refusal = refusal(place, root, told);
    refusal.initCause(failure);
    return refusal;
  }

  private static FileSystemException refusal(String place, URI root, Throwable told) {
    if (in(told, UnknownHostException.class).isPresent()) {
      return new StorageAway(place, server(root) + " is unknown");
    }
    String message = String.valueOf(told.getMessage());
    if (message.startsWith("Incomplete HDFS URI")) {
      return new FileSystemException(
          place, null, "the URI names no host, as hdfs://host:8020/path does");
    }
    if (message.toLowerCase(Locale.ROOT).contains("bucket does not exist")) {
      return new FileSystemException(
          place, null, "the bucket " + root.getAuthority() + " does not exist");
    }
    if (message.contains("No AWS Credentials")) {
      return new FileSystemException(place, null, "there are no credentials for S3");
    }
    if (told instanceof FileNotFoundException) {
      return new NoSuchFileException(place);
    }
    if (told instanceof ConnectException || told instanceof NoRouteToHostException) {
      return new StorageAway(place, "nothing answers at " + server(root));
    }
    if (told instanceof SocketTimeoutException) {
      return new StorageAway(place, server(root) + " does not answer in time");
    }
    if (told instanceof AccessControlException
        || told instanceof AccessDeniedException && message.contains("403")) {
      return new AccessDeniedException(place);
    }
    return told instanceof IOException failure && !lasts(failure)
        ? new StorageAway(place, line(told))
        : new FileSystemException(place, null, line(told));
  }

  /** A bucket is not the name of a host. */
  private static String server(URI root) {
    return root.getScheme().equals("s3a")
        ? "the address in fs.s3a.endpoint"
        : "the host " + root.getAuthority();
  }

  /** What a server sent, instead of its envelope. */
  private static Throwable told(Exception failure) {
    return failure instanceof RemoteException remote
        ? remote.unwrapRemoteException(LASTING.toArray(Class[]::new))
        : failure;
  }

  private static <T extends Throwable> Optional<T> in(Throwable failure, Class<T> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return Optional.of(type.cast(cause));
      }
    }
    return Optional.empty();
  }

  private static String line(Throwable failure) {
    String text =
        Optional.ofNullable(failure.getMessage()).orElse(failure.getClass().getSimpleName());
    return UserError.shortened(UserError.words(text));
  }
}
