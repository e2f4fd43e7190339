package tessera.backend.cuda.measure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFault;
import tessera.measure.Timing;
import tessera.operator.Problem;
import tessera.worker.Pulse;
import tessera.worker.Runner;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;

/**
 * Verifies and times micro-kernels on the GPU of this process. A fault of a kernel leaves as a
 * {@link CudaFault}, after which this process must end.
 */
final class CudaRunner implements Runner {
  private final CudaDevice device;
  private final CudaDevice.Module helpers;
  private final Launcher launcher;
  private final References references;

  /**
   * @param helpers the cubin of {@code verify.cu}
   * @param launcher the C library that launches micro-kernels
   */
  CudaRunner(CudaDevice device, Path helpers, Path launcher) {
    this.device = device;
    this.helpers = new CudaDevice.Module(helpers);
    this.launcher = new Launcher(launcher);
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
      for (Problem problem : request.timings()) {
        try (Stopwatch watch =
            new Stopwatch(
                device,
                helpers,
                request.policy(),
                request.epilogue(),
                request.numerics(),
                problem)) {
          timings.add(watch.time(functions, pulse));
        }
      }
      return WorkerReply.ok(verified - start, System.nanoTime() - verified, timings);
    } finally {
      functions.forEach(DeviceFunction::close);
    }
  }

  private DeviceFunction load(WorkerRequest request, WorkerRequest.Function function) {
    return switch (function.kind()) {
      case KERNEL -> launcher.load(Path.of(function.library()), function.line());
      case BUNDLE, PREPARED_BUNDLE ->
          new PublishedFunction(Path.of(function.library()), function.symbol(), function.shape());
      case VENDOR -> new Cublas(function.library(), request.numerics());
    };
  }
}
