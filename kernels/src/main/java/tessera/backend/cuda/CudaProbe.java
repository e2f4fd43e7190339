package tessera.backend.cuda;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import tessera.hardware.CudaTarget;
import tessera.hardware.Target;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.workload.GemmShape;
import tessera.workload.Numerics;
import tessera.workload.Operator;

/**
 * Looks at the GPU in a process of its own, and prints what it is, so that neither a crash of the
 * driver nor its memory burdens the job.
 */
public final class CudaProbe {
  private static final int MEASUREMENTS = 9;

  private CudaProbe() {}

  /**
   * @param arguments the compiled helpers, or "" to measure nothing, and the compiler's version
   */
  public static void main(String[] arguments) throws IOException {
    try (CudaDevice device = CudaDevice.open()) {
      double peak = arguments[0].isEmpty() ? 1 : peak(device, Path.of(arguments[0]));
      CudaTarget target = device.describe(arguments[1], peak);
      System.out.println(new ObjectMapper().writerFor(Target.class).writeValueAsString(target));
    } catch (CudaFault e) {
      System.out.println(e.getMessage());
      System.exit(1);
    }
  }

  private static double peak(CudaDevice device, Path helpers) {
    double[] speeds = new double[MEASUREMENTS];
    try (CudaDevice.Module module = new CudaDevice.Module(helpers);
        Stopwatch watch =
            new Stopwatch(
                device,
                module,
                TimingPolicy.onGpu(1, 0),
                Operator.DENSE,
                Numerics.FLOAT32,
                new GemmShape(1, 1, 1, 1))) {
      for (int i = 0; i < speeds.length; i++) {
        speeds[i] = watch.speed();
      }
    }
    return Timing.median(speeds);
  }
}
