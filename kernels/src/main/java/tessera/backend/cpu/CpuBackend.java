package tessera.backend.cpu;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.jna.Native;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tessera.backend.Backend;
import tessera.backend.Hardware;
import tessera.backend.LibraryBuilder;
import tessera.backend.Peer;
import tessera.backend.Target;
import tessera.backend.cpu.peers.CpuPeers;
import tessera.compile.Account;
import tessera.compile.BuildResult;
import tessera.compile.CCompiler;
import tessera.compile.JavaCommand;
import tessera.measure.DeviceLock;
import tessera.measure.HostMemory;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Tiling;
import tessera.operator.Axis;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.operator.Rounding;
import tessera.worker.AwkwardShapes;
import tessera.worker.WorkerProcess;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/** The cores of this machine, with candidates in C. */
public final class CpuBackend implements Backend {
  /** A float64 reference takes milliseconds up to here. */
  private static final double MOST_CHECKED_FLOPS = 8e8;

  /* Probes are large enough for operands to come from behind the second-level cache, as weights do. */
  private static final double PROBE_MULTIPLY_ADDS = 0.6e9;
  private static final long USUAL_BATCH = 4;
  private static final long USUAL_WEIGHTS = 2048 * 768;
  private static final long USUAL_N = 2048;
  private static final long USUAL_K = 768;

  private final CCompiler compiler;
  private final CpuTarget target;
  private final CpuPeers peers;

  /**
   * @param cache for what vendors' libraries are unpacked to
   */
  CpuBackend(CCompiler compiler, CpuTarget target, Path cache) {
    this.compiler = compiler;
    this.target = target;
    this.peers = new CpuPeers(cache.resolve("vendor"), this::worker);
  }

  private CpuBackend(CCompiler compiler, CpuTarget target, CpuPeers peers) {
    this.compiler = compiler;
    this.target = target;
    this.peers = peers.with(this::worker);
  }

  /** Looks at this machine: compiles the harness and measures a core's peak. */
  public static CpuBackend detect() {
    return detect(CpuInfo.read());
  }

  /** The same for a machine that was looked at, or for a part of its instructions. */
  static CpuBackend detect(CpuInfo info) {
    Path cache = Account.cache();
    CCompiler compiler = CCompiler.findGcc(cache.resolve("builds"));
    CpuTarget target =
        new CpuTarget(
            info.model(),
            info.deviceKey(),
            info.isa().key(),
            info.isa().lanes(),
            info.isa().registers(),
            0,
            CpuInfo.cacheBytes(1),
            CpuInfo.cacheBytes(2),
            CpuInfo.cacheBytes(3),
            compiler.version(),
            0);
    CpuHarness harness = new CpuHarness(CpuHarness.build(compiler, target));
    try (DeviceLock lock = DeviceLock.acquire(CpuTarget.KIND)) {
      return new CpuBackend(
          compiler, target.measured(harness.cores().usable(), harness.probe()), cache);
    }
  }

  /** The same machine with a peak that was measured before. */
  public static CpuBackend of(CpuTarget target) {
    Path cache = Account.cache();
    return new CpuBackend(CCompiler.findGcc(cache.resolve("builds")), target, cache);
  }

  /** The harness in this very process; only for what cannot crash. */
  public CpuHarness harness() {
    return new CpuHarness(CpuHarness.build(compiler, target));
  }

  CCompiler compiler() {
    return compiler;
  }

  @Override
  public Hardware hardware() {
    return new CpuProvider.Cpu(target);
  }

  @Override
  public CpuTarget target() {
    return target;
  }

  @Override
  public CpuBackend as(Target other, Duration build) {
    return new CpuBackend(compiler.withDeadline(build), CpuProvider.cpu(other), peers);
  }

  @Override
  public long memoryBytes() {
    return HostMemory.bytes();
  }

  @Override
  public Optional<String> restriction() {
    return harness().cores().restriction();
  }

  @Override
  public int defaultThreads() {
    return Math.min(harness().defaultThreads(), target.cores());
  }

  @Override
  public int mostThreads() {
    return target.cores();
  }

  @Override
  public LibraryBuilder library() {
    return new CpuLibrary(this);
  }

  @Override
  public String deviceName() {
    return CpuTarget.KIND;
  }

  @Override
  public BuildResult build(Workload workload, MicroKernel kernel) {
    return compiler.build(CpuFamily.of(target, workload, kernel).source(kernel));
  }

  @Override
  public WorkerRequest.Function function(Workload workload, MicroKernel kernel, BuildResult built) {
    return WorkerRequest.Function.kernel(
        built.artifact().orElseThrow().toString(), CpuFamily.SYMBOL);
  }

  @Override
  public List<WorkerRequest.Check> checks(Workload workload) {
    return AwkwardShapes.of(workload, MOST_CHECKED_FLOPS);
  }

  @Override
  public List<Problem> probes(Workload workload, MicroKernel kernel) {
    Tiling tiling = hardware().space(workload).family(kernel).tiling(kernel);
    long batch = workload.extentOr(Axis.BATCH, USUAL_BATCH);
    long k =
        workload.extentOr(Axis.K, usual(batch * workload.extentOr(Axis.N, USUAL_N), 64, USUAL_K));
    long n =
        workload.extentOr(Axis.N, Rounding.roundUp(usual(batch * k, 64, USUAL_N), tiling.tileN()));
    List<GemmShape> probes = new ArrayList<>();
    probes.add(
        new GemmShape(batch, rows(workload, tiling, PROBE_MULTIPLY_ADDS / n / k / batch), n, k));
    boolean tall = workload.staticExtent(Axis.M) == 0;
    long one = workload.extentOr(Axis.M, tiling.tileM());
    probes.add(new GemmShape(batch, one, tall ? n : workload.extentOr(Axis.N, tiling.tileN()), k));
    if (workload.staticExtent(Axis.K) == 0) {
      double wanted = PROBE_MULTIPLY_ADDS / n / (4 * k) / batch;
      probes.add(new GemmShape(batch, rows(workload, tiling, wanted), n, 4 * k));
    }
    return probes.stream().distinct().map(probe -> Problem.of(workload.operator(), probe)).toList();
  }

  /** An extent that makes the second operand about as large as a layer's weights. */
  private static long usual(long others, long least, long most) {
    return Math.max(least, Math.min(most, USUAL_WEIGHTS / others));
  }

  /** Rows of m in whole tiles, neither few nor more than are needed to fill the caches. */
  private static long rows(Workload workload, Tiling tiling, double wanted) {
    long rows = Math.max(64, Math.min(384, (long) wanted));
    return workload.extentOr(Axis.M, Rounding.roundUp(rows, tiling.tileM()));
  }

  @Override
  public WorkerProcess worker() {
    return new WorkerProcess(workerCommand());
  }

  private List<String> workerCommand() {
    List<String> command =
        JavaCommand.of(CpuWorker.class)
            .with(Native.class, ObjectMapper.class, JsonFactory.class, JsonCreator.class)
            .build();
    command.add(CpuHarness.build(compiler, target).toString());
    return command;
  }

  @Override
  public List<Vendor> vendors(Workload workload, List<Peer> asked) {
    return peers.of(workload, asked);
  }
}
