package tessera.backend.cpu;

import java.util.List;
import java.util.Optional;
import tessera.backend.BackendProvider;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.effort.Breadth;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.effort.EffortTable;
import tessera.effort.Pace;
import tessera.effort.SearchTraits;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.workload.Effort;
import tessera.workload.Workload;

/** CPUs: all cores of a machine are one device. */
public final class CpuProvider implements BackendProvider {
  /** How micro-kernels are searched for. */
  public static final SearchTraits SEARCH = new SearchTraits(32, Breadth.MEDIUM, false);

  private static final double TOLERANCE = 0.01;

  /** Of fourteen instances one has to become 5.6% faster. */
  private static final double ALIKE_GAIN = 0.004;

  private static final int USUAL_KERNELS = 2;
  private static final int LENGTHS_BEYOND = 7;

  /** The most rows of a register tile with vectors along n. */
  private static final int FEW_ROWS = 16;

  /** OpenBLAS, and oneDNN with plain and with prepared weights. */
  private static final int USUAL_VENDORS = 3;

  /** A block of 10 ms with its probes, and what threads take to fall asleep; measured on Zen 5. */
  private static final Pace PACE = new Pace(0.0105, 1, 0, 0.05, 1e-9, 6);

  /** A CPU times few micro-kernels, and to a hundredth: leaders are timed everywhere, twice. */
  public static final DeliveryTraits DELIVERY =
      new DeliveryTraits(
          false,
          Double.POSITIVE_INFINITY,
          1,
          Double.POSITIVE_INFINITY,
          1,
          USUAL_KERNELS,
          USUAL_VENDORS,
          Integer.MAX_VALUE,
          LENGTHS_BEYOND,
          FEW_ROWS,
          TOLERANCE,
          ALIKE_GAIN,
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
  public boolean choosesPreparation() {
    return true;
  }

  @Override
  public Class<CpuTarget> targetType() {
    return CpuTarget.class;
  }

  @Override
  public Hardware hardware(Target target) {
    return new Cpu(cpu(target));
  }

  @Override
  public CpuBackend detect(String address, Optional<String> isa) {
    return CpuBackend.detect(
        isa.map(key -> CpuInfo.whole().narrowedTo(CpuIsa.asked("--isa", key)))
            .orElseGet(CpuInfo::read));
  }

  @Override
  public Optional<String> narrowing(Target target) {
    return Optional.of(cpu(target)).filter(CpuTarget::narrowed).map(CpuTarget::isa);
  }

  static CpuTarget cpu(Target target) {
    return CpuTarget.class.cast(target);
  }

  @Override
  public List<String> addresses() {
    return List.of(ALL_CORES);
  }

  /** What a processor's limits tell. */
  record Cpu(CpuTarget target) implements Hardware {
    @Override
    public SearchSpace space(Workload workload) {
      return new SearchSpace(CpuFamily.of(target, workload));
    }

    @Override
    public EffortRow effort(Effort effort) {
      return EffortTable.row(CpuTarget.KIND, effort);
    }

    @Override
    public EffortRow warmEffort(Effort effort) {
      return EffortTable.warmRow(CpuTarget.KIND, effort);
    }

    @Override
    public SearchTraits searchTraits() {
      return SEARCH;
    }

    @Override
    public DeliveryTraits deliveryTraits(Workload workload) {
      return DELIVERY;
    }

    @Override
    public long preparedBytes(Workload workload, List<MicroKernel> kernels) {
      return CpuGemm.preparedBytes(target, workload, kernels);
    }

    @Override
    public TimingPolicy policy(Workload workload, int rounds, int threads) {
      return TimingPolicy.onCpu(rounds, threads);
    }
  }
}
