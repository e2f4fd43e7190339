package tessera.backend.cuda.measure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFault;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaFamily;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.worker.Pulse;
import tessera.worker.Runner;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * Verifies and times micro-kernels on the GPU of this process. A fault of a kernel leaves as a
 * {@link CudaFault}, after which this process must end.
 */
final class CudaRunner implements Runner {
  private final CudaDevice device;
  private final CudaTarget target;
  private final CudaDevice.Module helpers;
  private final References references;

  /**
   * @param helpers the cubin of {@code verify.cu}
   */
  CudaRunner(CudaDevice device, CudaTarget target, Path helpers) {
    this.device = device;
    this.target = target;
    this.helpers = new CudaDevice.Module(helpers);
    this.references = new References(device, this.helpers);
  }

  @Override
  public WorkerReply run(WorkerRequest request, Pulse pulse) {
    List<DeviceFunction> functions = new ArrayList<>();
    try {
      for (WorkerRequest.Function function : request.functions()) {
        pulse.at(functions.size());
        functions.add(load(request, function));
      }
      long start = System.nanoTime();
      Optional<References.Wrong> wrong = references.check(request, functions, pulse);
      long verified = System.nanoTime();
      if (wrong.isPresent()) {
        return WorkerReply.incorrect(
            wrong.get().message(), wrong.get().function(), verified - start);
      }
      List<List<Timing>> timings = new ArrayList<>();
      for (GemmShape shape : request.timings()) {
        try (Stopwatch watch =
            new Stopwatch(
                device, helpers, request.policy(), request.operator(), request.numerics(), shape)) {
          timings.add(watch.time(functions, pulse));
        }
      }
      return WorkerReply.ok(verified - start, System.nanoTime() - verified, timings);
    } finally {
      functions.forEach(DeviceFunction::close);
    }
  }

  /** Launching depends on the shape alone, whatever extents the cubin has fixed. */
  private DeviceFunction load(WorkerRequest request, WorkerRequest.Function function) {
    if (function.kind() == WorkerRequest.Kind.BUNDLE) {
      return new PublishedFunction(Path.of(function.library()), function.shape());
    }
    if (function.kind() == WorkerRequest.Kind.CUBLAS) {
      return new Cublas(function.library(), request.operator(), request.numerics());
    }
    Workload anything =
        new WorkloadSpec(
                "launch",
                request.operator().key(),
                request.numerics().input().key(),
                request.numerics().output().key(),
                request.numerics().precision().key(),
                request.epilogue().key(),
                List.of("B", "M", "N", "K"),
                Map.of("b", "B", "m", "M", "n", "N", "k", "K"))
            .anywhere();
    MicroKernel kernel = function.kernel().get(0);
    CudaFamily family = CudaFamily.of(target, anything, kernel);
    return new Candidate(family, kernel, Path.of(function.library()));
  }
}
