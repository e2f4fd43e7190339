package tessera.backend.cuda.family;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tessera.UserError;
import tessera.backend.cuda.compile.CudaCompiler;
import tessera.backend.cuda.compile.CudaTemplates;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.driver.DeviceType;
import tessera.backend.cuda.prior.CudaFits;
import tessera.backend.cuda.prior.TensorCores;
import tessera.backend.cuda.tile.CudaTile;
import tessera.backend.cuda.tile.Occupancy;
import tessera.compile.SourceUnit;
import tessera.compile.Template;
import tessera.compile.WorkloadConstants;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Parameter;
import tessera.operator.Axis;
import tessera.operator.DataType;
import tessera.operator.Numerics;
import tessera.workload.Workload;

/** Micro-kernels in CUDA C++: a template's folder, and the named constants that fill it. */
public abstract class CudaFamily implements KernelFamily {
  /** The name of a micro-kernel's two functions, before {@code _aligned} and {@code _any}. */
  public static final String SYMBOL = "tessera_candidate";

  public final CudaTarget target;
  public final Workload workload;

  /** What tiles should cost before anything is measured. */
  final CudaFits fits;

  CudaFamily(CudaTarget target, Workload workload, CudaFits fits) {
    this.target = target;
    this.workload = workload;
    this.fits = fits;
  }

  /**
   * All families that can do the workload.
   *
   * @throws UserError when the GPU has no instructions for it
   */
  public static List<CudaFamily> of(CudaTarget target, Workload workload) {
    return switch (workload.numerics().precision()) {
      case FLOAT32 ->
          workload.numerics().equals(Numerics.FLOAT32)
              ? onCudaCores(target, workload)
              : onTensorCores(target, workload);
      case TF32 -> onTensorCores(target, workload);
      case FLOAT32_EMULATED -> emulated(target, workload);
    };
  }

  /** The speed of those cores that the workload's precision allows. */
  public static double peakGflops(CudaTarget target, Workload workload) {
    return switch (workload.numerics().precision()) {
      case FLOAT32_EMULATED -> CudaEmulated.peakGflops(target);
      case TF32 -> TensorCores.gflops(target, workload.numerics().input());
      case FLOAT32 ->
          workload.numerics().input() == DataType.FLOAT32
              ? target.peakGflops()
              : TensorCores.gflops(target, workload.numerics().input());
    };
  }

  /**
   * One matrix has few tiles and a long reduction; on BERT's layers {@link CudaRows} gained nothing
   * over {@link CudaSimt}.
   */
  private static List<CudaFamily> onCudaCores(CudaTarget target, Workload workload) {
    List<CudaFamily> families =
        new ArrayList<>(List.of(new CudaSimt(target, workload), new CudaSkinny(target, workload)));
    if (workload.operator().isBatched() && target.hasAsynchronousCopies()) {
      families.add(new CudaRows(target, workload));
    }
    return families;
  }

  private static List<CudaFamily> onTensorCores(CudaTarget target, Workload workload) {
    if (!target.hasMatrixMultiply()) {
      throw new UserError(
          target.model()
              + " has no tensor cores for "
              + workload.numerics().label()
              + "; they come with capability 8.0: tune with dtype float32 here");
    }
    List<CudaFamily> families = new ArrayList<>(List.of(new CudaMma(target, workload)));
    boolean sixteenBits = workload.numerics().input().bytes() == 2;
    if (target.hasWarpgroupMultiply() && (workload.operator().secondIsNk() || sixteenBits)) {
      families.add(new CudaWgmma(target, workload));
    }
    return families;
  }

  /**
   * For few rows CUDA cores may be done before operands are split, by kernels whose threads each
   * sum a small part of a reduction. Those of {@link CudaSimt} sum longer parts than cuBLAS's for
   * few rows: their errors were up to 1.13 times as large.
   */
  private static List<CudaFamily> emulated(CudaTarget target, Workload workload) {
    if (!target.hasWarpgroupMultiply()) {
      throw new UserError(
          target.model()
              + " has no warpgroups for precision float32-emulated; they come with capability 9.0: leave the precision out here");
    }
    return List.of(new CudaSkinny(target, workload), new CudaEmulated(target, workload));
  }

  /**
   * Those of them that are worth a search: where every instance can be fetched through tensor maps,
   * mma.sync took 1.3 to 2 times as long as warpgroups on an H200.
   */
  public static List<CudaFamily> searched(CudaTarget target, Workload workload) {
    List<CudaFamily> families = of(target, workload);
    boolean warpgroups = families.stream().anyMatch(CudaWgmma.class::isInstance);
    return isMapped(workload) && warpgroups
        ? families.stream().filter(family -> !(family instanceof CudaMma)).toList()
        : families;
  }

  /** Whether every instance is known to be fetched through tensor maps. */
  static boolean isMapped(Workload workload) {
    return isWhole(workload, Axis.K)
        && (workload.operator().secondIsNk() || isWhole(workload, Axis.N));
  }

  /** Whether an axis is known to fill accesses of 16 bytes. */
  private static boolean isWhole(Workload workload, Axis axis) {
    long extent = workload.staticExtent(axis);
    return extent > 0 && extent % workload.numerics().alignment() == 0;
  }

  /** The family of a micro-kernel. */
  public static CudaFamily of(CudaTarget target, Workload workload, MicroKernel kernel) {
    return of(target, workload).stream()
        .filter(family -> family.name().equals(kernel.family()))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no CUDA family is called " + kernel.family()));
  }

  @Override
  public final int alignment() {
    return workload.numerics().alignment();
  }

  /** The template's file, from the folder of all templates. */
  public abstract String template();

  /** The constants that only this family's template has: its parameters, blockM as BLOCK_M. */
  public SortedMap<String, String> constants(MicroKernel kernel) {
    SortedMap<String, String> constants = new TreeMap<>();
    for (Parameter parameter : parameters()) {
      String name = parameter.name();
      String constant = name.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
      constants.put(constant, "" + kernel.get(name));
    }
    return constants;
  }

  /** Whether the template can be compiled to PTX that newer GPUs run. */
  public boolean isPortable() {
    return true;
  }

  /** How a micro-kernel is launched. */
  public abstract Launch launch(MicroKernel kernel);

  /** A source file with one micro-kernel under {@link #SYMBOL}. */
  public final SourceUnit source(MicroKernel kernel) {
    return source(kernel, Paths.BOTH);
  }

  /** The same with some of its functions: each is half of what is to be compiled. */
  public final SourceUnit source(MicroKernel kernel, Paths paths) {
    Map<String, String> constants = new LinkedHashMap<>(constants(kernel));
    constants.putAll(WorkloadConstants.of(workload));
    constants.put("KERNEL_NAME", SYMBOL);
    constants.put("INPUT_TYPE", "" + DeviceType.code(workload.numerics().input()));
    constants.put("OUTPUT_TYPE", "" + DeviceType.code(workload.numerics().output()));
    constants.put("HAS_ALIGNED", paths.aligned() ? "1" : "0");
    constants.put("HAS_ANY", paths.any() ? "1" : "0");
    String text = Template.defines(constants) + CudaTemplates.expanded(template());
    return new SourceUnit(
        "candidate.cu", Map.of("candidate.cu", text), CudaCompiler.flags(target.isa()));
  }

  /**
   * The source of {@link #source(MicroKernel)}, to be compiled to PTX for this GPU and newer ones.
   */
  public final SourceUnit portable(MicroKernel kernel) {
    SourceUnit unit = source(kernel);
    return new SourceUnit(unit.name(), unit.files(), CudaCompiler.flags(target.portableIsa()));
  }

  /** The occupancy of the GPU. */
  final Occupancy occupancy() {
    return new Occupancy(target);
  }

  /** How a label says that tiles are divided: by stream-K, by split-K over a cluster, or not. */
  static String divided(boolean streamK, int cluster) {
    return streamK ? "_streamk" : cluster > 1 ? "_cluster" + cluster : "";
  }

  /** Bytes of operands that a tile reads for each multiply-add of a reduction step. */
  static double bytesPerMultiplyAdd(int elementBytes, CudaTile tile) {
    double tileM = tile.blockM();
    double tileN = tile.blockN();
    return elementBytes * (tileM + tileN) / (tileM * tileN);
  }

  /** Blocks per SM, by registers, shared memory and threads. */
  public final int residentBlocks(int threads, int registersPerThread, int sharedBytes) {
    return occupancy().blocksPerSm(threads, registersPerThread, sharedBytes);
  }
}
