package tessera.backend.simulated;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import tessera.Json;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.worker.DeviceWorker;
import tessera.worker.Pulse;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;

/** Sleeps, and answers at once that all is right. */
final class SimulatedWorker implements DeviceWorker {
  private final SimulatedTarget target;

  SimulatedWorker(SimulatedTarget target) {
    this.target = target;
  }

  @Override
  public WorkerReply call(WorkerRequest request, Duration step, Duration deadline) {
    long begin = System.nanoTime();
    try {
      Sleep.seconds(target.timeSeconds() * request.functions().size());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return WorkerReply.failed(Outcome.NOT_RUN, "it was interrupted", Pulse.NONE);
    }
    List<List<Timing>> timings =
        request.timings().stream().map(problem -> timings(request, problem)).toList();
    return WorkerReply.ok(0, System.nanoTime() - begin, timings);
  }

  private List<Timing> timings(WorkerRequest request, Problem problem) {
    int rounds = request.policy().rounds();
    List<Timing> timings = new ArrayList<>();
    for (WorkerRequest.Function function : request.functions()) {
      MicroKernel kernel = Json.record(function.library(), MicroKernel.class);
      timings.add(
          new Timing(
              problem,
              filled(rounds, 1e9 * MadeUpSpeeds.of(function.symbol()).seconds(kernel, problem)),
              new double[0],
              Map.of(Timing.REFERENCE, filled(rounds, target.peakGflops()))));
    }
    return timings;
  }

  private static double[] filled(int rounds, double value) {
    double[] samples = new double[rounds];
    Arrays.fill(samples, value);
    return samples;
  }

  @Override
  public void close() {}
}
