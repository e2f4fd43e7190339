package tessera.trial;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tessera.backend.Backend;
import tessera.backend.WeightsForm;
import tessera.compile.BuildResult;
import tessera.compile.TemporaryFiles;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;
import tessera.runtime.Bundle;
import tessera.runtime.BundleFiles;
import tessera.runtime.BundleManifest;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/** Times whole bundles beside each other on a device of this machine. */
final class BundleTrial implements BundleTimer {
  private final DevicePool devices;

  BundleTrial(DevicePool devices) {
    this.devices = devices;
  }

  @Override
  public Timed time(Asked asked, Deadline until) {
    List<Bundle> unpacked = new ArrayList<>();
    try {
      for (BundleFiles files : asked.bundles()) {
        unpacked.add(files.unpacked());
      }
      return time(asked, unpacked, until);
    } finally {
      unpacked.forEach(bundle -> TemporaryFiles.delete(bundle.folder()));
    }
  }

  private Timed time(Asked asked, List<Bundle> bundles, Deadline until) {
    Workload workload = bundles.get(0).manifest().workload().anywhere();
    Backend backend = devices.any().backend;
    List<WorkerRequest.Function> beside = new ArrayList<>();
    for (MicroKernel reference : asked.references()) {
      BuildResult built = backend.build(workload, reference);
      if (built.status() != BuildResult.Status.OK) {
        return Timed.failed(MeasuringDevice.outcome(built), built.message());
      }
      beside.add(backend.function(workload, reference, built).withoutCheck());
    }
    Optional<DevicePool.Lease> free = devices.lease(until);
    if (free.isEmpty()) {
      return Timed.failed(Outcome.NOT_RUN, Lap.notRun().message());
    }
    try (DevicePool.Lease lease = free.get()) {
      List<List<Timing>> timings = new ArrayList<>();
      for (List<Long> shape : asked.shapes()) {
        List<WorkerRequest.Function> functions = new ArrayList<>();
        for (Bundle bundle : bundles) {
          functions.add(
              WorkerRequest.Function.bundle(bundle.folder(), bundle.digest(), shape)
                  .preparing(isPrepared(bundle.manifest(), asked.form()))
                  .withoutCheck());
        }
        functions.addAll(beside);
        WorkerReply reply =
            lease.device().call(request(workload, functions, shape, asked), Patience.USUAL.trial());
        if (reply.outcome() != Outcome.OK) {
          return Timed.failed(reply.outcome(), reply.message());
        }
        timings.addAll(reply.timings());
      }
      return new Timed(Outcome.OK, "", timings);
    }
  }

  private static boolean isPrepared(BundleManifest bundle, WeightsForm form) {
    return bundle.preparesToo()
        ? form == WeightsForm.PREPARED
        : bundle.workload().anywhere().prepares();
  }

  private static WorkerRequest request(
      Workload workload, List<WorkerRequest.Function> functions, List<Long> shape, Asked asked) {
    long[] values = shape.stream().mapToLong(Long::longValue).toArray();
    return new WorkerRequest(
        workload.epilogue(),
        workload.numerics(),
        functions,
        List.of(),
        List.of(workload.problem(values)),
        asked.policy(),
        1);
  }
}
