package tessera;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/**
 * A mistake that the user can mend; its message is one sentence that names the thing, the place and
 * the remedy.
 */
public final class UserError extends RuntimeException {
  private static final int MOST_QUOTED = 100;
  private static final String CLASS_NAMES = "(?:[a-z]\\w*\\.)+[A-Z]\\w*(?:Exception|Error): *";

  public UserError(String message) {
    super(message);
  }

  public UserError(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * A file or folder that the system refuses.
   *
   * @param failure which one, and what cannot be done with it
   * @param remedy what the user can do
   */
  public static UserError of(String failure, IOException cause, String remedy) {
    return new UserError(failure + " (" + reason(cause) + "); " + remedy, cause);
  }

  private static String reason(IOException cause) {
    if (cause instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (cause instanceof NoSuchFileException missing) {
      return missing.getFile() + " does not exist";
    }
    if (cause instanceof FileAlreadyExistsException file) {
      return file.getFile() + " is not a folder";
    }
    return cause instanceof FileSystemException system && system.getReason() != null
        ? system.getReason()
        : Optional.ofNullable(cause.getMessage()).orElse(cause.getClass().getSimpleName());
  }

  /** The mistake that a failure comes from: it may have happened in a task of Spark. */
  public static Optional<UserError> in(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UserError mistake) {
        return Optional.of(mistake);
      }
    }
    return Optional.empty();
  }

  /** The first line of what an exception says, without names of classes. */
  public static String words(String message) {
    return message.lines().findFirst().orElse("").replaceAll(CLASS_NAMES, "").strip();
  }

  /** Somebody's text in quotation marks, as it can stand in a sentence. */
  public static String quoted(String text) {
    return "'" + shortened(text) + "'";
  }

  /** Somebody's text on one line, its end left out where it is long. */
  public static String shortened(String text) {
    int end =
        text.offsetByCodePoints(0, Math.min(MOST_QUOTED, text.codePointCount(0, text.length())));
    String line = text.substring(0, end).replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "?");
    return end < text.length() ? line + "…" : line;
  }
}
