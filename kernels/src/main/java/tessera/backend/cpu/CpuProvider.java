package tessera.backend.cpu;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tessera.backend.BackendProvider;
import tessera.backend.Target;
import tessera.compile.CCompiler;
import tessera.effort.Breadth;
import tessera.effort.DeliveryTraits;
import tessera.effort.Pace;
import tessera.effort.SearchTraits;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.workload.Workload;

/** CPUs: all cores of a machine are one device. */
public final class CpuProvider implements BackendProvider {
  /** How micro-kernels are searched for. */
  public static final SearchTraits SEARCH = new SearchTraits(32, Breadth.NARROW);

  private static final double TOLERANCE = 0.01;
  private static final int USUAL_KERNELS = 2;
  private static final Pace PACE = new Pace(0.0105, 1, 0, 0.05, 1e-9, 6);

  /** A CPU times few micro-kernels, and to a hundredth: each is timed everywhere, twice. */
  public static final DeliveryTraits DELIVERY =
      new DeliveryTraits(
          false,
          Double.POSITIVE_INFINITY,
          1,
          Double.POSITIVE_INFINITY,
          1,
          USUAL_KERNELS,
          Integer.MAX_VALUE,
          TOLERANCE,
          TOLERANCE,
          PACE);

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
  public boolean takes(Operator operator) {
    return operator.isMatrixMultiplication();
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
