package tessera.backend.cuda;

import static java.util.Map.entry;

import java.util.HashMap;
import java.util.Map;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaEmulated;
import tessera.backend.cuda.family.CudaMma;
import tessera.backend.cuda.family.CudaRows;
import tessera.backend.cuda.family.CudaSimt;
import tessera.backend.cuda.family.CudaSkinny;
import tessera.backend.cuda.family.CudaWgmma;
import tessera.microkernel.MicroKernel;
import tessera.operator.DataType;
import tessera.operator.Numerics;
import tessera.operator.Precision;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** GPUs as their data sheets describe them, and workloads, for tests without a GPU. */
public final class Samples {
  public static final CudaTarget H200 =
      new CudaTarget(
          "NVIDIA H200",
          90,
          132,
          120,
          227 << 10,
          228 << 10,
          65536,
          2048,
          50L << 20,
          141L << 30,
          1980,
          3201,
          6144,
          "580.00",
          "test",
          59000);
  public static final CudaTarget A100 =
      new CudaTarget(
          "NVIDIA A100-SXM4-80GB",
          80,
          108,
          108,
          163 << 10,
          164 << 10,
          65536,
          2048,
          40L << 20,
          80L << 30,
          1410,
          1593,
          5120,
          "580.00",
          "test",
          19000);

  public static final Numerics FLOAT16 =
      new Numerics(DataType.FLOAT16, DataType.FLOAT16, Precision.FLOAT32);

  /** A GPU like another, of an older capability. */
  static CudaTarget older(CudaTarget other, int capability) {
    return new CudaTarget(
        other.model(),
        capability,
        other.multiprocessors(),
        other.clustered(),
        other.sharedBytesPerBlock(),
        other.sharedBytesPerMultiprocessor(),
        other.registersPerMultiprocessor(),
        other.threadsPerMultiprocessor(),
        other.l2Bytes(),
        other.memoryBytes(),
        other.clockMhz(),
        other.memoryClockMhz(),
        other.memoryBusBits(),
        other.driver(),
        other.compiler(),
        other.peakGflops());
  }

  private Samples() {}

  /** Any m, n and k, in float32. */
  public static Workload workload(String operator, String epilogue) {
    return workload(operator, epilogue, Numerics.FLOAT32);
  }

  /** Any m, n and k. */
  public static Workload workload(String operator, String epilogue, Numerics numerics) {
    Map<String, String> extents =
        operator.equals("dense")
            ? Map.of("m", "M", "n", "N", "k", "K")
            : Map.of("b", "3", "m", "M", "n", "N", "k", "K");
    return new WorkloadSpec(
            "property",
            operator,
            numerics.input().key(),
            numerics.output().key(),
            numerics.precision().key(),
            epilogue,
            java.util.List.of("M", "N", "K"),
            extents)
        .anywhere();
  }

  /** BERT's attention, probabilities times values, in float32. */
  public static Workload attentionValues() {
    return new WorkloadSpec(
            "values",
            "batch_matmul_nn",
            "float32",
            "float32",
            Numerics.FLOAT32.precision().key(),
            "none",
            java.util.List.of("T"),
            Map.of("b", "192", "m", "T", "n", "64", "k", "T"))
        .anywhere();
  }

  /** BERT's layer with n = 2304 and k = 768. */
  public static Workload bertDense() {
    return bertDense(Numerics.FLOAT32);
  }

  public static Workload bertDense(Numerics numerics) {
    return new WorkloadSpec(
            "bert-dense",
            "dense",
            numerics.input().key(),
            numerics.output().key(),
            numerics.precision().key(),
            "none",
            java.util.List.of("T"),
            Map.of("m", "16 * T", "n", "2304", "k", "768"))
        .anywhere();
  }

  /**
   * A point of the family of simt.cu; {@code divided} is streamK, 1, 2, 4 or 8 (blocks of a
   * cluster).
   */
  public static MicroKernel simt(
      int blockM,
      int blockN,
      int blockK,
      int threadM,
      int threadN,
      int lanesN,
      int stages,
      String divided,
      int resident) {
    boolean streamK = divided.equals("streamK");
    return new MicroKernel(
        CudaSimt.NAME,
        Map.ofEntries(
            entry("blockM", blockM),
            entry("blockN", blockN),
            entry("blockK", blockK),
            entry("threadM", threadM),
            entry("threadN", threadN),
            entry("lanesN", lanesN),
            entry("stages", stages),
            entry("cluster", streamK ? 1 : Integer.parseInt(divided)),
            entry("streamK", streamK ? 1 : 0),
            entry("groupM", 4),
            entry("slices", 1),
            entry("order", resident % 2),
            entry("resident", resident)));
  }

  /** A point of the family of rows.cu. */
  public static MicroKernel rows(
      int blockM,
      int blockN,
      int blockK,
      int threadM,
      int threadN,
      int lanesN,
      int slices,
      int stages,
      int resident) {
    return new MicroKernel(
        CudaRows.NAME,
        Map.of(
            "blockM", blockM,
            "blockN", blockN,
            "blockK", blockK,
            "threadM", threadM,
            "threadN", threadN,
            "lanesN", lanesN,
            "slices", slices,
            "stages", stages,
            "unroll", 1,
            "resident", resident));
  }

  /** The same point with slices of its reduction, each as many threads as it has. */
  public static MicroKernel sliced(int slices, MicroKernel kernel) {
    return with("slices", slices, kernel);
  }

  /** A point of the family of mma.cu; {@code divided} as in {@link #simt}. */
  public static MicroKernel mma(
      int blockM,
      int blockN,
      int blockK,
      int warpsM,
      int warpsN,
      int stages,
      String divided,
      int resident) {
    boolean streamK = divided.equals("streamK");
    return new MicroKernel(
        CudaMma.NAME,
        Map.ofEntries(
            entry("blockM", blockM),
            entry("blockN", blockN),
            entry("blockK", blockK),
            entry("warpsM", warpsM),
            entry("warpsN", warpsN),
            entry("stages", stages),
            entry("cluster", streamK ? 1 : Integer.parseInt(divided)),
            entry("streamK", streamK ? 1 : 0),
            entry("groupM", 4),
            entry("resident", resident)));
  }

  /** A point of the family of wgmma.cu. */
  public static MicroKernel wgmma(
      int swap, int warpgroups, int repeat, int width, int stages, int cluster) {
    return new MicroKernel(
        CudaWgmma.NAME,
        Map.of(
            "swap", swap,
            "persistent", 0,
            "pingpong", 0,
            "warpgroups", warpgroups,
            "repeat", repeat,
            "width", width,
            "stages", stages,
            "cluster", cluster,
            "multicast", 1,
            "groupM", 4));
  }

  /** The same point with so many blocks that fetch for each other. */
  public static MicroKernel multicast(int blocks, MicroKernel kernel) {
    return with("multicast", blocks, kernel);
  }

  /** A point of the family of wgmma.cu whose blocks have several tiles. */
  public static MicroKernel persistent(
      int swap, int warpgroups, int repeat, int width, int stages) {
    return with("persistent", 1, wgmma(swap, warpgroups, repeat, width, stages, 1));
  }

  /** The same with ping-pong warpgroups. */
  public static MicroKernel pingpong(int swap, int warpgroups, int repeat, int width, int stages) {
    return with("pingpong", 1, persistent(swap, warpgroups, repeat, width, stages));
  }

  private static MicroKernel with(String parameter, int value, MicroKernel kernel) {
    Map<String, Integer> parameters = new HashMap<>(kernel.parameters());
    parameters.put(parameter, value);
    return new MicroKernel(kernel.family(), parameters);
  }

  /** A point of the family of wgmma.cu for pairs. */
  public static MicroKernel emulated(
      int swap, int warpgroups, int repeat, int width, int stages, int cluster) {
    return new MicroKernel(
        CudaEmulated.NAME, wgmma(swap, warpgroups, repeat, width, stages, cluster).parameters());
  }

  public static final Numerics EMULATED =
      new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.FLOAT32_EMULATED);

  /** float16, bfloat16 and tf32, and float16 operands with float32 results. */
  public static java.util.List<Numerics> tensorNumerics() {
    return java.util.List.of(
        FLOAT16,
        new Numerics(DataType.BFLOAT16, DataType.BFLOAT16, Precision.FLOAT32),
        new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.TF32),
        new Numerics(DataType.FLOAT16, DataType.FLOAT32, Precision.FLOAT32));
  }

  /** Those but float16, which the shorter tests stay with. */
  static java.util.List<Numerics> otherTensorNumerics() {
    return tensorNumerics().stream().filter(numerics -> !numerics.equals(FLOAT16)).toList();
  }

  /** A point of the family of skinny.cu. */
  public static MicroKernel skinny(
      int rows, int columns, int warps, int split, int unroll, int resident) {
    return new MicroKernel(
        CudaSkinny.NAME,
        Map.of(
            "rows", rows,
            "columns", columns,
            "warps", warps,
            "split", split,
            "unroll", unroll,
            "resident", resident));
  }
}
