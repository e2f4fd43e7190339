package tessera.backend.cuda;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.Hardware;
import tessera.backend.Peer;
import tessera.backend.Target;
import tessera.backend.WeightsForm;
import tessera.backend.cuda.compile.CudaCompiler;
import tessera.backend.cuda.compile.CudaResources;
import tessera.backend.cuda.compile.CudaTemplates;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.Launch;
import tessera.backend.cuda.family.Paths;
import tessera.backend.cuda.measure.Cublas;
import tessera.backend.cuda.measure.CudaWorker;
import tessera.backend.cuda.tile.Grid;
import tessera.compile.Account;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.compile.CCompiler;
import tessera.compile.SourceUnit;
import tessera.measure.DeviceLock;
import tessera.microkernel.MicroKernel;
import tessera.operator.Epilogue;
import tessera.operator.Problem;
import tessera.worker.AwkwardShapes;
import tessera.worker.WorkerProcess;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/** One NVIDIA GPU, with candidates in CUDA C++. */
final class CudaBackend implements Backend {
  /** Of a thread; so few are stored and loaded outside of the loops, mostly. */
  private static final int MOST_SPILT_BYTES = 32;

  /** An H200 makes such references once for a worker process in less than 0.2 s. */
  private static final double MOST_CHECKED_FLOPS = 4e10;

  private final Builder compiler;
  private final CudaTarget target;
  private final Path helpers;
  private final Path launcher;
  private final List<String> environment;
  private final String device;

  /**
   * @param helpers the compiled {@code verify.cu}
   * @param launcher the compiled {@link LaunchLibrary}
   * @param environment of the processes that use the GPU, NAME=value
   * @param device the physical GPU, as {@link CudaProcess.Seen} has it
   */
  CudaBackend(
      Builder compiler,
      CudaTarget target,
      Path helpers,
      Path launcher,
      List<String> environment,
      String device) {
    this.compiler = compiler;
    this.target = target;
    this.helpers = helpers;
    this.launcher = launcher;
    this.environment = List.copyOf(environment);
    this.device = device;
  }

  /**
   * Looks at a GPU of this machine and measures its peak.
   *
   * @param address which of {@link Gpus#addresses}
   * @throws UserError when there is no compiler or no usable GPU, with the reason
   */
  static CudaBackend detect(String address) {
    CudaCompiler compiler = CudaCompiler.find(Account.cache().resolve("builds"));
    List<String> environment = Gpus.environment(address);
    CudaProcess.Seen seen = CudaProcess.probe(environment, "", compiler.version());
    Path helpers = helpers(compiler, seen.target());
    try (DeviceLock lock = DeviceLock.acquire(lockName(seen.device()))) {
      CudaProcess.Seen measured =
          CudaProcess.probe(environment, helpers.toString(), compiler.version());
      return new CudaBackend(
          compiler, measured.target(), helpers, launcher(), environment, measured.device());
    }
  }

  @Override
  public CudaBackend as(Target other, Duration build) {
    return new CudaBackend(
        compiler.withDeadline(build),
        CudaTarget.class.cast(other),
        helpers,
        launcher,
        environment,
        device);
  }

  private static Path launcher() {
    return LaunchLibrary.build(c());
  }

  private static CCompiler c() {
    return CCompiler.find(Account.cache().resolve("builds"));
  }

  static Path helpers(Builder compiler, CudaTarget target) {
    String text = CudaTemplates.verification();
    BuildResult built =
        compiler.build(
            new SourceUnit(
                "verify.cu", Map.of("verify.cu", text), CudaCompiler.flags(target.isa())));
    return built
        .artifact()
        .orElseThrow(
            () ->
                new UserError(
                    "the CUDA compiler cannot compile for "
                        + target.isa()
                        + " ("
                        + built.message()
                        + "); install one that knows this GPU"));
  }

  @Override
  public Hardware hardware() {
    return new CudaHardware(target);
  }

  @Override
  public CudaTarget target() {
    return target;
  }

  @Override
  public long memoryBytes() {
    return target.memoryBytes();
  }

  @Override
  public String deviceName() {
    return lockName(device);
  }

  private static String lockName(String device) {
    return CudaTarget.KIND + "-" + device;
  }

  @Override
  public BuildResult build(Workload workload, MicroKernel kernel) {
    return compiler.build(CudaFamily.of(target, workload, kernel).source(kernel));
  }

  /**
   * A kernel with more than a few registers spilt is refused: it would be slow, and timing it a
   * waste.
   */
  @Override
  public BuildResult buildForTrial(Workload workload, MicroKernel kernel, List<Problem> problems) {
    BuildResult built =
        compiler.build(
            CudaFamily.of(target, workload, kernel)
                .source(kernel, paths(workload, kernel, problems)));
    if (built.status() != BuildResult.Status.OK) {
      return built;
    }
    int spilt = compiled(built).spillBytes();
    return spilt <= MOST_SPILT_BYTES
        ? built
        : new BuildResult(
            BuildResult.Status.FAILED,
            Optional.empty(),
            "its registers do not suffice: " + spilt + " bytes of each thread spill",
            built.nanos());
  }

  /**
   * What is fetched by tensor maps is as good as aligned, so that a bundle calls the function for
   * aligned operands wherever the output's address allows.
   */
  private Paths paths(Workload workload, MicroKernel kernel, List<Problem> problems) {
    Paths paths = Paths.of(workload.numerics(), problems);
    boolean mapped = CudaFamily.of(target, workload, kernel).launch(kernel).boxA() > 0;
    return mapped ? paths.withAligned() : paths;
  }

  private static CudaResources compiled(BuildResult built) {
    return CudaCompiler.resources(built.artifact().orElseThrow());
  }

  @Override
  public Map<String, Integer> resources(Workload workload, MicroKernel kernel, BuildResult built) {
    CudaResources compiled = compiled(built);
    CudaFamily family = CudaFamily.of(target, workload, kernel);
    Launch launch = family.launch(kernel);
    return Map.of(
        "registers",
        compiled.registers(),
        "spill_bytes",
        compiled.spillBytes(),
        "shared_bytes",
        launch.sharedBytes(),
        "resident_blocks",
        family.residentBlocks(launch.threads(), compiled.registers(), launch.sharedBytes()));
  }

  @Override
  public WorkerRequest.Function function(Workload workload, MicroKernel kernel, BuildResult built) {
    return WorkerRequest.Function.kernel(
        built.artifact().orElseThrow().toString(),
        CudaFamily.SYMBOL,
        LaunchLine.of(CudaFamily.of(target, workload, kernel), kernel));
  }

  @Override
  public List<WorkerRequest.Check> checks(Workload workload) {
    return AwkwardShapes.of(workload, MOST_CHECKED_FLOPS);
  }

  @Override
  public List<Problem> probes(Workload workload, MicroKernel kernel) {
    return ProbeProblems.of(
        workload, (Grid) hardware().space(workload).family(kernel).tiling(kernel));
  }

  @Override
  public CudaLibrary library() {
    return new CudaLibrary(target, compiler, c());
  }

  /** cuBLAS where the machine has it; it has no epilogues. */
  @Override
  public List<Vendor> vendors(Workload workload, List<Peer> peers) {
    Peer.refuse(peers, target.model());
    return workload.epilogue() == Epilogue.NONE
        ? Cublas.find().stream().map(CudaBackend::cublas).toList()
        : List.of();
  }

  private static Vendor cublas(String library) {
    return new Vendor(
        "cuBLAS", "", WeightsForm.PLAIN, WorkerRequest.Function.vendor(library, "", List.of()));
  }

  @Override
  public WorkerProcess worker() {
    return new WorkerProcess(workerCommand());
  }

  private List<String> workerCommand() {
    List<String> command = CudaProcess.java(environment, CudaWorker.class);
    command.addAll(List.of(helpers.toString(), launcher.toString()));
    return command;
  }
}
