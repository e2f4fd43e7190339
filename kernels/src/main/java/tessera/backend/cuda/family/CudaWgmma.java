package tessera.backend.cuda.family;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.driver.TensorMap;
import tessera.microkernel.Grid;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Parameter;
import tessera.microkernel.Tiling;
import tessera.operator.GemmShape;
import tessera.workload.Workload;

/**
 * The family of {@code wgmma/wgmma.cu}: float16, bfloat16 and tf32 by warpgroups, fetched through
 * tensor maps, capability 9.0 alone. Tiles are dealt out whole, each to a block, to the blocks of a
 * cluster, or one after another to persistent blocks, whose warpgroups share them or take turns.
 */
public class CudaWgmma extends CudaFamily {
  public static final String NAME = "cuda-wgmma";

  /** Rows of an instruction, and the most of a tile's side that lies along them. */
  private static final int INSTRUCTION_ROWS = 64;

  private static final int MOST_ROWS = 256;
  private static final int WARPGROUP = 128;

  /** Blocks that share the lines of their columns. */
  private static final int MOST_ALONG = 4;

  /* Registers of a thread of two or three warpgroups that take another one's; at most REGISTERS_TO_MULTIPLY. */
  private static final int MOST_OF_TWO = 232;
  private static final int MOST_OF_THREE = 140;

  /** Columns of an instruction of three warpgroups: ptxas 13.0 refuses more with 128 registers. */
  private static final int WIDEST_OF_THREE = 200;

  /** Columns of the instruction that a persistent block finishes at once; write.cuh. */
  private static final int MOST_COLUMNS_AT_ONCE = 64;

  /**
   * To copy an element of an operand to where a tensor map can describe it: attention of 127 rows
   * took 3 microseconds longer than of 128 on an H200.
   */
  private static final double PAD_SECONDS = 3e-13;

  /** Registers for addresses and counters; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 32;

  /** The same where a block has several tiles. */
  private static final int PERSISTENT_REGISTERS = 40;

  /** The same where warpgroups take turns at them. */
  private static final int TURN_REGISTERS = 56;

  public CudaWgmma(CudaTarget target, Workload workload) {
    super(target, workload);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public final String template() {
    return "wgmma/wgmma.cu";
  }

  @Override
  public final boolean isPortable() {
    return false;
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        new Parameter("swap", List.of(0, 1)),
        new Parameter("persistent", List.of(0, 1)),
        new Parameter("pingpong", List.of(0, 1)),
        new Parameter("warpgroups", List.of(1, 2, 3)),
        new Parameter("repeat", List.of(1, 2)),
        new Parameter("width", IntStream.rangeClosed(1, 32).mapToObj(i -> 8 * i).toList()),
        new Parameter("stages", List.of(2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16)),
        new Parameter("cluster", List.of(1, 2, 4, 8)),
        new Parameter("multicast", List.of(1, 4, 8)),
        new Parameter("groupM", List.of(1, 8)));
  }

  @Override
  public boolean isLegal(MicroKernel kernel) {
    boolean turns = !isPingpong(kernel) || (kernel.get("warpgroups") > 1 && isPersistent(kernel));
    return turns
        && (!isPersistent(kernel) || kernel.get("cluster") == 1)
        && hasWholeLines(kernel)
        && (multicast(kernel) == 1 || isShareable(kernel))
        && rows(kernel) <= MOST_ROWS
        && kernel.get("cluster") <= vectors(kernel)
        && registers(kernel) <= mostRegisters(kernel)
        && (kernel.get("warpgroups") < 3 || kernel.get("width") <= WIDEST_OF_THREE)
        && sharedBytes(kernel) <= target.sharedBytesPerBlock()
        && resident(kernel) > 0;
  }

  /**
   * Where the second operand is [k, n], its lines in shared memory have 64 columns; of the
   * instruction's rows there are as many anyhow.
   */
  private boolean hasWholeLines(MicroKernel kernel) {
    return !hasLinesOfK() || kernel.get("swap") == 1 || kernel.get("width") % INSTRUCTION_ROWS == 0;
  }

  /** Blocks of a cluster with tiles side by side, which fetch operands for each other. */
  static int multicast(MicroKernel kernel) {
    return kernel.get("multicast");
  }

  /** Of these those that lie along the instruction's rows, as CLUSTER_ALONG of the template. */
  private static int along(MicroKernel kernel) {
    return Math.min(multicast(kernel), MOST_ALONG);
  }

  /** And those along its columns, as CLUSTER_ACROSS. */
  private static int across(MicroKernel kernel) {
    return multicast(kernel) / along(kernel);
  }

  /** Blocks of a cluster do one or the other, and lines of k are not shared. */
  private boolean isShareable(MicroKernel kernel) {
    boolean lines =
        !hasLinesOfK() || (kernel.get("swap") == 1 ? across(kernel) : along(kernel)) == 1;
    return kernel.get("cluster") == 1 && !isPersistent(kernel) && lines;
  }

  /** As LINES_OF_K of the template. */
  boolean hasLinesOfK() {
    return !workload.operator().secondIsNk();
  }

  /** Blocks that a multiprocessor holds. */
  final int resident(MicroKernel kernel) {
    return isWide(kernel)
        ? Math.min(1, residentBlocks(threads(kernel), 1, sharedBytes(kernel)))
        : residentBlocks(threads(kernel), registers(kernel), sharedBytes(kernel));
  }

  /**
   * As WIDE of the template: whether not even one block of so many warps had registers for its
   * sums.
   */
  private boolean isWide(MicroKernel kernel) {
    return canBeWide(kernel)
        && residentBlocks(multiplying(kernel) + WARP, registers(kernel), 0) == 0;
  }

  boolean canBeWide(MicroKernel kernel) {
    return kernel.get("warpgroups") > 1 && kernel.get("cluster") * multicast(kernel) == 1;
  }

  private int mostRegisters(MicroKernel kernel) {
    if (!canBeWide(kernel)) {
      return MOST_REGISTERS;
    }
    return kernel.get("warpgroups") == 2 ? MOST_OF_TWO : MOST_OF_THREE;
  }

  /** Of an element that the tensor core multiplies. */
  private int inputBytes() {
    return workload.numerics().input().bytes();
  }

  /** Whether a block has several tiles, one after another. */
  static boolean isPersistent(MicroKernel kernel) {
    return kernel.get("persistent") == 1;
  }

  /** Whether warpgroups take turns at whole tiles. */
  static boolean isPingpong(MicroKernel kernel) {
    return kernel.get("pingpong") == 1;
  }

  /** Of the instruction, in a tile. */
  static int rows(MicroKernel kernel) {
    int owners = isPingpong(kernel) ? 1 : kernel.get("warpgroups");
    return INSTRUCTION_ROWS * owners * kernel.get("repeat");
  }

  private static int blockM(MicroKernel kernel) {
    return kernel.get("swap") == 1 ? kernel.get("width") : rows(kernel);
  }

  private static int blockN(MicroKernel kernel) {
    return kernel.get("swap") == 1 ? rows(kernel) : kernel.get("width");
  }

  /** Elements of k in a stage. */
  int blockK() {
    return TensorMap.LINE_BYTES / inputBytes();
  }

  /** Of a stage, that a block fetches. */
  static int lines(MicroKernel kernel) {
    return rows(kernel) / across(kernel) + kernel.get("width") / along(kernel);
  }

  private static int multiplying(MicroKernel kernel) {
    return WARPGROUP * kernel.get("warpgroups");
  }

  /** One more warp fetches, or a warpgroup of which three warps idle. */
  private int threads(MicroKernel kernel) {
    return multiplying(kernel) + (isWide(kernel) ? WARPGROUP : WARP);
  }

  /** A thread's sums in groups of four. */
  private static int vectors(MicroKernel kernel) {
    return kernel.get("repeat") * kernel.get("width") / 8;
  }

  int registers(MicroKernel kernel) {
    if (isPingpong(kernel)) {
      return sums(kernel) + TURN_REGISTERS;
    }
    return sums(kernel) + (isPersistent(kernel) ? PERSISTENT_REGISTERS : OTHER_REGISTERS);
  }

  /** Of a thread. */
  static int sums(MicroKernel kernel) {
    return 4 * vectors(kernel);
  }

  /** As SHARED_BYTES of the template. */
  private int sharedBytes(MicroKernel kernel) {
    int output = workload.numerics().output().bytes();
    int width = kernel.get("width");
    int piece = isPersistent(kernel) ? Math.min(width, MOST_COLUMNS_AT_ONCE) : width;
    int line = kernel.get("swap") == 1 ? INSTRUCTION_ROWS : piece;
    int lines = kernel.get("swap") == 1 ? piece : 16;
    int teams = multiplying(kernel) / (kernel.get("swap") == 1 ? WARPGROUP : WARP);
    int stages = kernel.get("stages") * (rows(kernel) + width) * TensorMap.LINE_BYTES;
    int finished = teams * lines * (line * output / 16 | 1) * 16;
    int ring = isPersistent(kernel) ? stages + finished : Math.max(stages, finished);
    int barriers = 2 * kernel.get("stages") * Long.BYTES;
    return ring
        + exchangeBytes(kernel.get("cluster"), vectors(kernel), multiplying(kernel))
        + barriers;
  }

  @Override
  public String label(MicroKernel kernel) {
    return String.format(
        Locale.ROOT,
        "wgmma_%s_%s_%dx%d%s%s_w%dx%d_s%d%s%s_g%d",
        workload.numerics().label(),
        target.isa(),
        blockM(kernel),
        blockN(kernel),
        kernel.get("swap") == 1 ? "_swap" : "",
        isPingpong(kernel) ? "_pingpong" : isPersistent(kernel) ? "_persistent" : "",
        kernel.get("warpgroups"),
        kernel.get("repeat"),
        kernel.get("stages"),
        kernel.get("cluster") > 1 ? "_cluster" + kernel.get("cluster") : "",
        multicast(kernel) > 1 ? "_multicast" + multicast(kernel) : "",
        kernel.get("groupM"));
  }

  @Override
  public Tiling tiling(MicroKernel kernel) {
    Grid grid = grid(kernel);
    return isMapped(workload) ? grid : grid.converting(PAD_SECONDS);
  }

  private Grid grid(MicroKernel kernel) {
    return cost(kernel)
        .grid(
            blockM(kernel),
            blockN(kernel),
            blockK(),
            target,
            resident(kernel),
            kernel.get("cluster"),
            schedule(kernel))
        .beside(
            kernel.get("swap") == 1 ? across(kernel) : along(kernel),
            kernel.get("swap") == 1 ? along(kernel) : across(kernel),
            target.multiprocessors(kernel.get("cluster") * multicast(kernel)));
  }

  private static Grid.Schedule schedule(MicroKernel kernel) {
    if (isPingpong(kernel)) {
      return Grid.Schedule.TURNS;
    }
    return isPersistent(kernel) ? Grid.Schedule.PERSISTENT : Grid.Schedule.WAVES;
  }

  /** What a stage's multiply-adds take for an output element, with the whole multiprocessor. */
  double stageSeconds() {
    return blockK() / TensorCores.multiplyAdds(target, workload.numerics().input());
  }

  WgmmaPrior fitted() {
    return WgmmaPrior.OF_SIMPLE_OPERANDS;
  }

  private TileCost cost(MicroKernel kernel) {
    return fitted().cost(kernel, stageSeconds(), workload.numerics().output().bytes());
  }

  @Override
  public Launch launch(MicroKernel kernel, GemmShape shape) {
    int rows = rows(kernel) / across(kernel);
    int columns = kernel.get("width") / along(kernel);
    int linesOfA = kernel.get("swap") == 1 ? columns : rows;
    int linesOfB = kernel.get("swap") == 1 ? rows : columns;
    return Launch.of((Grid) tiling(kernel), shape, threads(kernel), sharedBytes(kernel))
        .withBoxes(linesOfA, hasLinesOfK() ? blockK() : linesOfB);
  }

  @Override
  public List<String> featureNames() {
    return List.of(
        "tileM",
        "tileN",
        "swap",
        "persistent",
        "pingpong",
        "width",
        "threads",
        "stages",
        "cluster",
        "multicast",
        "log2GroupM",
        "resident",
        "registers",
        "sharedBytesPerMultiprocessor",
        "bytesPerMultiplyAdd",
        "bytesUnderWay");
  }

  @Override
  public double[] features(MicroKernel kernel) {
    double tileM = blockM(kernel);
    double tileN = blockN(kernel);
    return new double[] {
      tileM,
      tileN,
      kernel.get("swap"),
      kernel.get("persistent"),
      kernel.get("pingpong"),
      kernel.get("width"),
      threads(kernel),
      kernel.get("stages"),
      kernel.get("cluster"),
      multicast(kernel),
      KernelFamily.log2(kernel.get("groupM")),
      resident(kernel),
      registers(kernel),
      (double) sharedBytes(kernel) * resident(kernel) / target.sharedBytesPerMultiprocessor(),
      inputBytes() * lines(kernel) / (tileM * tileN),
      bytesUnderWay(kernel)
    };
  }

  /** What is asked for at once. */
  private int bytesUnderWay(MicroKernel kernel) {
    return kernel.get("stages") * resident(kernel) * lines(kernel) * TensorMap.LINE_BYTES;
  }

  @Override
  public MicroKernelCost prior(MicroKernel kernel) {
    double multiplyAdds = (double) rows(kernel) * kernel.get("width") * blockK();
    return cost(kernel).prior(resident(kernel), multiplyAdds);
  }

  @Override
  public SortedMap<String, String> constants(MicroKernel kernel) {
    SortedMap<String, String> constants = new TreeMap<>();
    constants.put("PAIRS", "0");
    constants.put("SWAP", "" + kernel.get("swap"));
    constants.put("PERSISTENT", "" + kernel.get("persistent"));
    constants.put("PINGPONG", "" + kernel.get("pingpong"));
    constants.put("WIDE", isWide(kernel) ? "1" : "0");
    constants.put("WARPGROUPS", "" + kernel.get("warpgroups"));
    constants.put("REPEAT", "" + kernel.get("repeat"));
    constants.put("WIDTH", "" + kernel.get("width"));
    constants.put("GROUPS", "" + kernel.get("width") / 8);
    constants.put("STAGES", "" + kernel.get("stages"));
    constants.put("CLUSTER", "" + kernel.get("cluster"));
    constants.put("CLUSTER_ALONG", "" + along(kernel));
    constants.put("CLUSTER_ACROSS", "" + across(kernel));
    constants.put("GROUP_M", "" + kernel.get("groupM"));
    constants.put("RESIDENT", "" + resident(kernel));
    return constants;
  }
}
