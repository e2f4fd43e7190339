package tessera.backend.cpu;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import tessera.UserError;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.compile.SourceUnit;
import tessera.compile.Template;
import tessera.integrity.Trust;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.operator.Epilogue;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.runtime.Bundle;
import tessera.worker.Pulse;
import tessera.worker.Runner;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/** {@code harness.c} through JNA: loads, verifies and times functions in this very process. */
public final class CpuHarness implements Runner {
  private static final int MESSAGE_BYTES = 512;
  private static final int PROBES = 25;
  private static final long PROBE_NANOS = 2_000_000;

  /** The functions of {@code harness.c}, whose comments say what they do. */
  interface Functions extends Library {
    Pointer harness_symbol(String library, String symbol, byte[] message, int capacity);

    Pointer harness_peer(
        String library, String adapter, int threads, byte[] version, byte[] message, int capacity);

    int harness_preload(String library);

    Pointer harness_bundle(
        String library, long[] shape, int rank, int threads, byte[] message, int capacity);

    void harness_close(Pointer bundle);

    void harness_peer_close(Pointer peer);

    int harness_verify(
        Pointer function,
        int functionKind,
        long[] shape,
        int[] kind,
        double[] bound,
        int parts,
        long seed,
        byte[] message,
        int capacity);

    double harness_select_nanos(String library, Pointer call, int rank);

    double harness_probe(long nanos);

    void harness_pulse(ByteBuffer memory);

    int harness_default_threads();

    int harness_cores(int[] allowed, double[] quota, byte[] file, int capacity);

    void harness_spin(int on);

    int harness_calls(
        Pointer function,
        int functionKind,
        long[] shape,
        int[] kind,
        int threads,
        long restNanos,
        int calls,
        double[] nanos);

    int harness_time(
        int count,
        Pointer[] functions,
        int[] kinds,
        long[] shape,
        int[] kind,
        long[] policy,
        double[] samples,
        double[] probes,
        int[] oneFailed,
        byte[] message,
        int capacity);
  }

  /** A function where it was loaded, and the version of a vendor's library; else empty. */
  private record Loaded(Pointer pointer, String version) {}

  private static final class Failed extends Exception {
    private final Outcome outcome;
    private final int culprit;

    /**
     * @param culprit the failing function's index, or {@link Pulse#NONE}
     */
    Failed(Outcome outcome, String message, int culprit) {
      super(message);
      this.outcome = outcome;
      this.culprit = culprit;
    }
  }

  private final Functions library;

  public CpuHarness(Path file) {
    library = Native.load(file.toString(), Functions.class);
  }

  /** The harness for a target. */
  static SourceUnit source(CpuTarget target) {
    List<String> flags = new ArrayList<>(target.compilerFlags());
    flags.add("-DLANES=" + target.lanes());
    String text =
        Template.defines(Epilogue.reference())
            + Template.expanded(CpuHarness.class, "/tessera/backend/cpu/harness.c");
    return new SourceUnit("harness.c", Map.of("harness.c", text), flags);
  }

  /** Compiles the harness. */
  static Path build(Builder builder, CpuTarget target) {
    BuildResult result = builder.build(source(target));
    return result
        .artifact()
        .orElseThrow(
            () ->
                new UserError(
                    "the C compiler cannot compile the measuring harness ("
                        + result.message()
                        + "); install a C compiler with its headers"));
  }

  /**
   * Multiply-add speed of a core in GFLOP/s when it has the core to itself: what four of five short
   * runs, spread over a quarter of a second, do not exceed.
   */
  double probe() {
    double[] speeds = new double[PROBES];
    for (int i = 0; i < speeds.length; i++) {
      speeds[i] = library.harness_probe(PROBE_NANOS);
      LockSupport.parkNanos(4 * PROBE_NANOS);
    }
    Arrays.sort(speeds);
    return speeds[PROBES * 4 / 5];
  }

  /** The cores that this process may use. */
  CpuCores cores() {
    int[] allowed = new int[1];
    double[] quota = new double[1];
    byte[] file = new byte[MESSAGE_BYTES];
    int usable = library.harness_cores(allowed, quota, file, MESSAGE_BYTES);
    return new CpuCores(usable, allowed[0], quota[0], text(file));
  }

  /** The threads of a call where nobody sets them: those that a bundle takes here. */
  int defaultThreads() {
    return library.harness_default_threads();
  }

  /**
   * Nanoseconds of a dispatch through a bundle's C interface, the shape changing with every call.
   */
  public double selectNanos(Bundle bundle) {
    int rank = bundle.manifest().workload().variables().size();
    long[] shape = new long[rank];
    Arrays.fill(shape, 1);
    byte[] message = new byte[MESSAGE_BYTES];
    String loaded = Bundle.library(bundle.folder(), Trust.only(bundle.digest()));
    Pointer call = library.harness_bundle(loaded, shape, rank, 1, message, MESSAGE_BYTES);
    if (call == null) {
      throw new UserError(bundle.folder() + ": " + text(message));
    }
    return library.harness_select_nanos(loaded, call, rank);
  }

  /** Starts or ends a thread that spins, as idle threads of other libraries do. */
  public void spin(boolean on) {
    library.harness_spin(on ? 1 : 0);
  }

  /**
   * Nanoseconds of single calls of a bundle or a library, warm.
   *
   * @param threads of a call; 0 for a bundle's default
   * @param rest before each call
   */
  public double[] calls(
      Workload workload,
      WorkerRequest.Function called,
      Problem problem,
      int threads,
      Duration rest,
      int calls) {
    double[] nanos = new double[calls];
    int[] kind = kind(problem, workload.epilogue());
    try {
      Pointer[] function = {load(0, called, threads).pointer()};
      int status =
          library.harness_calls(
              function[0],
              convention(called),
              problem.gemm().toArray(),
              kind,
              threads,
              rest.toNanos(),
              calls,
              nanos);
      close(List.of(called), function);
      if (status != 0) {
        throw new Failed(Outcome.RUN_FAILED, "out of memory while timing " + problem, 0);
      }
      return nanos;
    } catch (Failed e) {
      throw new UserError(e.getMessage());
    }
  }

  @Override
  public WorkerReply run(WorkerRequest request, Pulse pulse) {
    library.harness_pulse(pulse.memory());
    long start = System.nanoTime();
    Pointer[] functions = new Pointer[request.functions().size()];
    try {
      List<String> versions = new ArrayList<>();
      for (int i = 0; i < functions.length; i++) {
        pulse.at(i);
        Loaded loaded = load(i, request.functions().get(i), request.policy().threads());
        functions[i] = loaded.pointer();
        versions.add(loaded.version());
      }
      start = System.nanoTime();
      verify(request, functions, pulse);
      long verified = System.nanoTime();
      List<List<Timing>> timings = new ArrayList<>();
      for (Problem problem : request.timings()) {
        timings.add(time(request, functions, problem, pulse));
      }
      return WorkerReply.ok(verified - start, System.nanoTime() - verified, timings, versions);
    } catch (Failed e) {
      return e.outcome == Outcome.INCORRECT
          ? WorkerReply.incorrect(e.getMessage(), e.culprit, System.nanoTime() - start)
          : WorkerReply.failed(e.outcome, e.getMessage(), e.culprit);
    } finally {
      close(request.functions(), functions);
      // C writes to its memory until here
      Reference.reachabilityFence(pulse);
    }
  }

  /** How {@code harness.c} calls a function: one of its {@code KIND_} constants. */
  static int convention(WorkerRequest.Function function) {
    return switch (function.kind()) {
      case KERNEL -> 0;
      case VENDOR -> 1;
      case BUNDLE -> 2;
      case PREPARED_BUNDLE -> 3;
    };
  }

  /**
   * @param index of the function in its request
   */
  private Loaded load(int index, WorkerRequest.Function function, int threads) throws Failed {
    function.preload().forEach(library::harness_preload);
    byte[] message = new byte[MESSAGE_BYTES];
    byte[] version = new byte[MESSAGE_BYTES];
    Pointer pointer =
        switch (function.kind()) {
          case KERNEL ->
              library.harness_symbol(function.library(), function.symbol(), message, MESSAGE_BYTES);
          case VENDOR ->
              library.harness_peer(
                  function.library(), function.symbol(), threads, version, message, MESSAGE_BYTES);
          case BUNDLE, PREPARED_BUNDLE ->
              library.harness_bundle(
                  checkedLibrary(index, function),
                  function.shape().stream().mapToLong(Long::longValue).toArray(),
                  function.shape().size(),
                  threads,
                  message,
                  MESSAGE_BYTES);
        };
    if (pointer == null) {
      throw new Failed(Outcome.RUN_FAILED, notLoaded(function, text(message)), index);
    }
    return new Loaded(pointer, text(version));
  }

  private static String notLoaded(WorkerRequest.Function function, String why) {
    return function.kind() == WorkerRequest.Kind.VENDOR
        ? why
        : "cannot load " + function.library() + " " + function.symbol() + ": " + why;
  }

  /** Bundles go with what they prepared. */
  private void close(List<WorkerRequest.Function> functions, Pointer[] loaded) {
    for (int i = 0; i < loaded.length; i++) {
      if (loaded[i] != null) {
        close(functions.get(i).kind(), loaded[i]);
      }
    }
  }

  private void close(WorkerRequest.Kind kind, Pointer loaded) {
    switch (kind) {
      case KERNEL -> {}
      case VENDOR -> library.harness_peer_close(loaded);
      case BUNDLE, PREPARED_BUNDLE -> library.harness_close(loaded);
    }
  }

  private static String checkedLibrary(int index, WorkerRequest.Function bundle) throws Failed {
    try {
      return Bundle.library(Path.of(bundle.library()), Trust.only(bundle.symbol()));
    } catch (UserError e) {
      throw new Failed(Outcome.RUN_FAILED, e.getMessage(), index);
    }
  }

  private void verify(WorkerRequest request, Pointer[] functions, Pulse pulse) throws Failed {
    byte[] message = new byte[MESSAGE_BYTES];
    for (int i = 0; i < functions.length; i++) {
      List<WorkerRequest.Check> checks =
          request.functions().get(i).checked() ? List.of() : request.checks();
      for (WorkerRequest.Check check : checks) {
        pulse.at(i);
        GemmShape shape = check.problem().gemm();
        int status =
            library.harness_verify(
                functions[i],
                convention(request.functions().get(i)),
                shape.toArray(),
                kind(check.problem(), request.epilogue()),
                request.numerics().tolerance().bound(shape.k(), request.epilogue()).toArray(),
                check.parts(),
                request.seed(),
                message,
                MESSAGE_BYTES);
        if (status != 0) {
          throw new Failed(status == 1 ? Outcome.INCORRECT : Outcome.RUN_FAILED, text(message), i);
        }
      }
    }
  }

  private List<Timing> time(
      WorkerRequest request, Pointer[] functions, Problem problem, Pulse pulse) throws Failed {
    TimingPolicy policy = request.policy();
    int count = functions.length;
    int[] kinds = request.functions().stream().mapToInt(CpuHarness::convention).toArray();
    double[] samples = new double[count * policy.rounds()];
    double[] probes = new double[count * policy.rounds()];
    int[] oneFailed = new int[1];
    byte[] message = new byte[MESSAGE_BYTES];
    int status =
        library.harness_time(
            count,
            functions,
            kinds,
            problem.gemm().toArray(),
            kind(problem, request.epilogue()),
            policy.toArray(),
            samples,
            probes,
            oneFailed,
            message,
            MESSAGE_BYTES);
    if (status != 0) {
      int culprit = oneFailed[0] == 0 ? Pulse.NONE : pulse.function();
      throw new Failed(Outcome.RUN_FAILED, text(message) + " " + problem, culprit);
    }
    List<Timing> timings = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      timings.add(new Timing(problem, every(samples, i, count), every(probes, i, count), Map.of()));
    }
    return timings;
  }

  private static double[] every(double[] values, int first, int step) {
    double[] chosen = new double[values.length / step];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = values[first + i * step];
    }
    return chosen;
  }

  private static int[] kind(Problem problem, Epilogue epilogue) {
    return new int[] {
      problem.operator().secondIsNk() ? 1 : 0, epilogue.bias() ? 1 : 0, epilogue.activation()
    };
  }

  private static String text(byte[] message) {
    String text = new String(message, StandardCharsets.UTF_8);
    int end = text.indexOf(0);
    return end < 0 ? text : text.substring(0, end);
  }
}
