package tessera.backend.cuda.measure;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import tessera.Json;
import tessera.backend.Target;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFault;
import tessera.backend.cuda.driver.CudaFunction;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.operator.Epilogue;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.operator.Problem;

/**
 * Looks at the GPU in a process of its own, and prints what it is, so that neither a crash of the
 * driver nor its memory burdens the job.
 */
public final class CudaProbe {
  private static final int MEASUREMENTS = 9;

  /** A GPU that was idle takes some tenths of a second until its clock is up. */
  private static final Duration MEASURED = Duration.ofMillis(600);

  private static final int LARGE_CLUSTER = 8;

  /** How the line begins that names the physical GPU. */
  private static final String DEVICE = "device ";

  private CudaProbe() {}

  /**
   * @param arguments the compiled helpers, or "" to measure nothing, and the compiler's version
   */
  public static void main(String[] arguments) throws IOException {
    try (CudaDevice device = CudaDevice.open()) {
      System.out.println(
          Json.MESSAGES
              .writerFor(Target.class)
              .writeValueAsString(target(device, arguments[0], arguments[1])));
      System.out.println(DEVICE + device.busId());
    } catch (CudaFault e) {
      System.out.println(e.getMessage());
      System.exit(1);
    }
  }

  /** The physical GPU that a probe looked at, from what it printed. */
  public static String device(String output) {
    return output
        .lines()
        .filter(line -> line.startsWith(DEVICE))
        .map(line -> line.substring(DEVICE.length()).strip().replaceAll("\\W+", "-"))
        .findFirst()
        .orElseThrow();
  }

  private static CudaTarget target(CudaDevice device, String helpers, String compiler) {
    if (helpers.isEmpty()) {
      return device.describe(compiler, 0, 1);
    }
    try (CudaDevice.Module module = new CudaDevice.Module(Path.of(helpers))) {
      return device.describe(compiler, clustered(device, module), peak(device, module));
    }
  }

  /** By the larger clusters, of which fewer fit. */
  private static int clustered(CudaDevice device, CudaDevice.Module helpers) {
    if (!device.hasClusters()) {
      return 0;
    }
    CudaFunction any = helpers.function("tessera_clock");
    any.allowShared(device.sharedBytesPerBlock());
    return LARGE_CLUSTER * any.clusters(LARGE_CLUSTER, 1, device.sharedBytesPerBlock());
  }

  /** GFLOP/s of a loop of multiply-adds on the whole device, once its clock is up. */
  private static double peak(CudaDevice device, CudaDevice.Module helpers) {
    double highest = 0;
    try (Stopwatch watch =
        new Stopwatch(
            device,
            helpers,
            TimingPolicy.onGpu(1, 0),
            Epilogue.NONE,
            Numerics.FLOAT32,
            Problem.of(Operator.DENSE, new GemmShape(1, 1, 1, 1)))) {
      long begin = System.nanoTime();
      do {
        double[] speeds = new double[MEASUREMENTS];
        Arrays.setAll(speeds, i -> watch.speed());
        highest = Math.max(highest, Timing.median(speeds));
      } while (System.nanoTime() - begin < MEASURED.toNanos());
    }
    return highest;
  }
}
