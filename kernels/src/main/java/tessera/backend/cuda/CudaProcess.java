package tessera.backend.cuda;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.jna.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jcuda.JCudaVersion;
import jcuda.driver.JCudaDriver;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Target;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.measure.CudaProbe;
import tessera.compile.JavaCommand;
import tessera.compile.Subprocess;

/**
 * Processes that use a GPU, so that neither a crash of the driver nor its memory burdens the job.
 */
final class CudaProcess {
  private static final Duration PROBE_DEADLINE = Duration.ofSeconds(60);

  private CudaProcess() {}

  /**
   * What a process saw of a GPU.
   *
   * @param device which it is among those of this host, whatever the address that it was seen at
   */
  record Seen(CudaTarget target, String device) {}

  /**
   * What a process with such an environment sees.
   *
   * @param helpers the compiled {@code verify.cu}, or "" to measure nothing
   */
  static Seen probe(List<String> environment, String helpers, String compiler) {
    List<String> command = java(environment, CudaProbe.class);
    command.addAll(List.of(helpers, compiler));
    try {
      Subprocess.Result result = Subprocess.run(command, Path.of("."), PROBE_DEADLINE);
      Optional<String> answer =
          result.output().lines().filter(line -> line.startsWith("{")).findFirst();
      if (result.timedOut() || answer.isEmpty()) {
        String reason =
            result.timedOut()
                ? "the driver did not answer"
                : result.output().lines().reduce((first, second) -> second).orElse("no reason");
        throw new UserError(
            "no GPU can be used ("
                + reason
                + ") with "
                + environment
                + "; see whether nvidia-smi lists one");
      }
      return new Seen(
          (CudaTarget) Json.MESSAGES.readValue(answer.get(), Target.class),
          CudaProbe.device(result.output()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A Java process with JCuda, in an environment of NAME=value. */
  static List<String> java(List<String> environment, Class<?> main) {
    List<String> command = new ArrayList<>(List.of("env"));
    command.addAll(environment);
    command.addAll(
        JavaCommand.of(main)
            .with(
                JCudaDriver.class,
                Native.class,
                ObjectMapper.class,
                JsonFactory.class,
                JsonCreator.class)
            .withPath(natives())
            .withOption("-Djna.library.path=" + System.getProperty("jna.library.path", ""))
            .build());
    return command;
  }

  /** The jar with JCuda's own libraries. */
  private static String natives() {
    String name = "/lib/libJCudaDriver-" + JCudaVersion.get() + "-linux-x86_64.so";
    URL found = JCudaDriver.class.getResource(name);
    if (found == null) {
      throw new UserError("JCuda has no libraries for this machine; GPUs need Linux on x86-64");
    }
    return found.getPath().replaceAll("^file:|!.*$", "");
  }
}
