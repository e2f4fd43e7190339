package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tessera.backend.cuda.family.CudaFamily;
import tessera.microkernel.MicroKernel;
import tessera.workload.Workload;

final class CudaHardwareTest {
  private static final CudaHardware H200 = new CudaHardware(Samples.H200);

  @Test
  void occupancy_ofResidentBlocks_isTheirShareOfTheThreads() {
    Workload workload = Samples.bertDense();
    MicroKernel kernel = H200.space(workload).sample(new SplittableRandom());
    int threads = CudaFamily.of(Samples.H200, workload, kernel).launch(kernel).threads();
    assertEquals(
        OptionalDouble.of(2.0 * threads / Samples.H200.threadsPerMultiprocessor()),
        H200.occupancy(workload, kernel, Map.of("resident_blocks", 2)));
    assertEquals(OptionalDouble.empty(), H200.occupancy(workload, kernel, Map.of()));
  }
}
