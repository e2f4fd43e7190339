package tessera.backend.cuda;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.driver.JCudaDriver;
import tessera.compile.Subprocess;

/** Which GPUs this process may use. */
final class Gpus {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  private Gpus() {}

  /**
   * Their addresses, as {@code CUDA_VISIBLE_DEVICES} takes them: what it says where it is set,
   * which may be none, else all of the machine, counted by a process of its own. "0" where none can
   * be counted. So there is one in any case, and what looks at it says why it cannot be used.
   */
  static List<String> addresses() {
    String visible = System.getenv(VISIBLE);
    if (visible != null) {
      return Arrays.stream(visible.split(",")).map(String::strip).toList();
    }
    return IntStream.range(0, Math.max(1, count())).mapToObj(Integer::toString).toList();
  }

  /** The environment of a process that sees one of them alone. */
  static List<String> environment(String address) {
    return List.of(VISIBLE + "=" + address);
  }

  private static int count() {
    try {
      Subprocess.Result result =
          Subprocess.run(CudaProcess.java(List.of(), Gpus.class), Path.of("."), DEADLINE);
      return result
          .output()
          .lines()
          .filter(line -> line.matches("[0-9]+"))
          .findFirst()
          .map(Integer::parseInt)
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  /** Prints how many there are. */
  public static void main(String[] arguments) {
    int[] count = new int[1];
    boolean counted = JCudaDriver.cuInit(0) == 0 && JCudaDriver.cuDeviceGetCount(count) == 0;
    System.out.println(counted ? count[0] : 0);
  }
}
