package tessera.backend.cpu;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tessera.backend.BackendProvider;
import tessera.backend.Target;
import tessera.compile.CCompiler;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.workload.Workload;

/** CPUs: all cores of a machine are one device. */
public final class CpuProvider implements BackendProvider {
  private static final String ALL_CORES = "";

  @Override
  public String key() {
    return CpuTarget.KIND;
  }

  @Override
  public boolean takes(Numerics numerics) {
    return numerics.equals(Numerics.FLOAT32);
  }

  @Override
  public Class<CpuTarget> targetType() {
    return CpuTarget.class;
  }

  @Override
  public SearchSpace space(Target target, Workload workload) {
    return CpuBackend.space(targetType().cast(target), workload);
  }

  @Override
  public CpuBackend detect(Optional<String> isa) {
    return CpuBackend.detect(
        isa.map(key -> CpuInfo.whole().narrowedTo(CpuIsa.asked("--isa", key)))
            .orElseGet(CpuInfo::read));
  }

  @Override
  public CpuBackend detectLike(Target target) {
    CpuTarget cpu = targetType().cast(target);
    return cpu.narrowed()
        ? CpuBackend.detect(CpuInfo.read().narrowedTo(cpu.instructions()))
        : detect(Optional.empty());
  }

  @Override
  public CpuBackend open(Target target, String address, Optional<Duration> build) {
    return CpuBackend.of(targetType().cast(target), build.orElse(CCompiler.DEADLINE));
  }

  @Override
  public List<String> addresses() {
    return List.of(ALL_CORES);
  }
}
