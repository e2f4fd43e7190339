package tessera.job.madeup;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tessera.backend.Backend;
import tessera.backend.BackendProvider;
import tessera.backend.Backends;
import tessera.backend.Target;
import tessera.backend.cpu.CpuBackend;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.workload.Workload;

/** Registered in this module's test resources, as a jar with a back end does it. */
public final class PretendProvider implements BackendProvider {
  @Override
  public String key() {
    return PretendTarget.KIND;
  }

  @Override
  public boolean takes(Numerics numerics) {
    return numerics.equals(Numerics.FLOAT32);
  }

  @Override
  public boolean takes(Operator operator) {
    return operator.isMatrixMultiplication();
  }

  @Override
  public Class<PretendTarget> targetType() {
    return PretendTarget.class;
  }

  @Override
  public Backend detect(Optional<String> isa) {
    CpuBackend cpu = CpuBackend.detect();
    return new PretendBackend(new PretendTarget(4, cpu.target()), cpu);
  }

  @Override
  public Backend open(Target target, String address, Optional<Duration> build) {
    PretendTarget made = targetType().cast(target);
    return new PretendBackend(made, CpuBackend.of(made.host()));
  }

  @Override
  public SearchSpace space(Target target, Workload workload) {
    return Backends.of("cpu").space(targetType().cast(target).host(), workload);
  }

  @Override
  public List<String> addresses() {
    return List.of("socket");
  }
}
