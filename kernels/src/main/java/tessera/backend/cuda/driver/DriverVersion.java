package tessera.backend.cuda.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version of NVIDIA's kernel driver, such as 580.95.05; CUDA tells only its own. */
public final class DriverVersion {
  private static final Path FILE = Path.of("/proc/driver/nvidia/version");
  private static final Pattern VERSION = Pattern.compile("\\b\\d{3,}(\\.\\d+)+\\b");

  private DriverVersion() {}

  /** Empty where the kernel does not say. */
  public static Optional<String> installed() {
    try {
      return Files.isReadable(FILE) ? in(Files.readString(FILE)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  public static Optional<String> in(String text) {
    Matcher matcher = VERSION.matcher(text);
    return matcher.find() ? Optional.of(matcher.group()) : Optional.empty();
  }
}
