package tessera.backend.cuda.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import jcuda.Pointer;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFault;
import tessera.backend.cuda.driver.CudaFunction;
import tessera.backend.cuda.driver.DeviceType;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.operator.Epilogue;
import tessera.operator.Numerics;
import tessera.operator.Operand;
import tessera.operator.Problem;
import tessera.worker.Pulse;

/**
 * Times functions on one problem: events around graphs of repeated calls, sets of operands rotated
 * past the caches, functions interleaved with each other, with rests, and with a fixed kernel of
 * multiply-adds. The device's clock is read after each round, and a round at a much lower clock
 * than others is repeated.
 */
final class Stopwatch implements AutoCloseable {
  /**
   * A function so many times slower than the fastest is timed once, unless it is short: it is not
   * chosen anyway.
   */
  private static final double HOPELESS = 4;

  /** A round at less than this share of the highest clock was throttled. */
  private static final double LEAST_CLOCK = 0.75;

  private static final long CLOCK_NANOS = 20_000;

  /** A device is no cooler after a longer rest. */
  private static final double MOST_REST_NANOS = 1e7;

  /**
   * Rests are as long as the blocks up to calls of so long: longer ones reach a power limit
   * wherever they are made.
   */
  private static final double COOL_NANOS = 250_000;

  /*
   * Calls that seem shorter than this are timed again, by several: what the host does before a launch, a library's
   * heuristics too, can take as long.
   */
  private static final double SHORT_NANOS = 300_000;
  private static final int SHORT_CALLS = 8;

  private static final int MOST_SETS = 64;
  private static final int MOST_CALLS = 512;
  private static final int PROBE_THREADS = 256;
  private static final int PROBE_BLOCKS_PER_MULTIPROCESSOR = 8;
  private static final double PROBE_OPERATIONS = 2 * 8 * 16;

  private final CudaDevice device;
  private final TimingPolicy policy;
  private final Epilogue epilogue;
  private final Numerics numerics;
  private final Problem problem;
  private final List<Map<String, Long>> sets = new ArrayList<>();
  private final List<CudaDevice.Memory> memory = new ArrayList<>();
  private final CudaFunction clock;
  private final CudaDevice.Memory ticks = new CudaDevice.Memory(2L * Long.BYTES);
  private final CudaFunction probe;
  private final int probeBlocks;
  private final int probeRounds;
  private final CudaDevice.Event start = new CudaDevice.Event();
  private final CudaDevice.Event stop = new CudaDevice.Event();

  Stopwatch(
      CudaDevice device,
      CudaDevice.Module helpers,
      TimingPolicy policy,
      Epilogue epilogue,
      Numerics numerics,
      Problem problem) {
    this.device = device;
    this.policy = policy;
    this.epilogue = epilogue;
    this.numerics = numerics;
    this.problem = problem;
    this.clock = helpers.function("tessera_clock");
    this.probe = helpers.function("tessera_probe");
    this.probeBlocks = PROBE_BLOCKS_PER_MULTIPROCESSOR * device.multiprocessors();
    operands(helpers.function("tessera_fill"));
    int rounds = 16;
    speed(rounds);
    double nanos = PROBE_OPERATIONS * probeBlocks * PROBE_THREADS * rounds / speed(rounds);
    this.probeRounds = (int) Math.max(1, Math.min(1 << 24, rounds * policy.probeNanos() / nanos));
  }

  /** Sets that together pass the caches; what the epilogue takes is the same in all of them. */
  private void operands(CudaFunction fill) {
    Map<String, Long> shared = new HashMap<>();
    epilogue
        .operands(problem.operator())
        .forEach(operand -> shared.put(operand.name(), filled(fill, operand)));
    long count = Math.min(MOST_SETS, 1 + (long) (policy.rotateBytes() / problem.bytes(numerics)));
    for (int i = 0; i < count; i++) {
      Map<String, Long> set = new HashMap<>(shared);
      Operand output = problem.operator().output();
      set.put(output.name(), memory(output).at(0));
      problem.operator().inputs().forEach(input -> set.put(input.name(), filled(fill, input)));
      sets.add(set);
    }
  }

  private CudaDevice.Memory memory(Operand operand) {
    CudaDevice.Memory made =
        new CudaDevice.Memory(operand.type(numerics).bytes() * (long) problem.elements(operand));
    memory.add(made);
    return made;
  }

  /** The address of a new operand, whose data its place among those of a call decides. */
  private long filled(CudaFunction fill, Operand operand) {
    CudaDevice.Memory filled = memory(operand);
    long seed = 1 + problem.operator().operands(epilogue).indexOf(operand);
    int type = DeviceType.code(operand.type(numerics));
    long count = (long) problem.elements(operand);
    fill.launchOver(device.stream(), count, filled.at(0), type, count, seed);
    return filled.at(0);
  }

  /**
   * A timing for each function.
   *
   * @param pulse is told of each block
   */
  List<Timing> time(List<DeviceFunction> functions, Pulse pulse) {
    List<Calls> graphs = new ArrayList<>();
    try {
      for (DeviceFunction function : functions) {
        pulse.at(graphs.size());
        graphs.add(new Calls(function));
      }
      double fastest = graphs.stream().mapToDouble(Calls::once).min().orElse(0);
      double most = Math.max(SHORT_NANOS, HOPELESS * fastest);
      graphs.stream().filter(calls -> calls.once() <= most).forEach(Calls::capture);
      double[][] nanos = new double[graphs.size()][policy.rounds()];
      double[] clocks = new double[policy.rounds()];
      double[] reference = new double[policy.rounds()];
      int repeatsLeft = policy.rounds();
      for (int round = 0; round < policy.rounds(); ) {
        for (int i = 0; i < graphs.size(); i++) {
          pulse.at(i);
          nanos[i][round] = graphs.get(i).nanos();
          rest(graphs.get(i).count * nanos[i][round], fastest);
        }
        reference[round] = speed();
        clocks[round] = clockMhz();
        boolean slow = clocks[round] < LEAST_CLOCK * Arrays.stream(clocks).max().orElse(0);
        if (slow && repeatsLeft > 0) {
          repeatsLeft--;
        } else {
          round++;
        }
      }
      List<Timing> timings = new ArrayList<>();
      for (int i = 0; i < graphs.size(); i++) {
        timings.add(
            new Timing(
                problem,
                nanos[i],
                new double[0],
                Map.of("clock_mhz", clocks, Timing.REFERENCE, reference)));
      }
      return timings;
    } finally {
      graphs.forEach(Calls::close);
    }
  }

  /**
   * Idles after a block. A GPU whose tensor cores multiply without a pause is slowed by its power
   * limit: kernels look alike then, and differ from one second to the next.
   */
  private void rest(double blockNanos, double callNanos) {
    if (!numerics.usesTensorCores()) {
      return;
    }
    double share = Math.min(1, Math.pow(COOL_NANOS / callNanos, 2));
    LockSupport.parkNanos((long) Math.min(MOST_REST_NANOS, share * blockNanos));
  }

  private double clockMhz() {
    clock.launch(device.stream(), 1, 1, 0, ticks.at(0), CLOCK_NANOS);
    device.synchronize();
    long[] measured = new long[2];
    ticks.read(0, Pointer.to(measured), ticks.bytes());
    return 1e3 * measured[0] / measured[1];
  }

  /** Multiply-add speed of the device in GFLOP/s. */
  double speed(int rounds) {
    start.record(device.stream());
    probe.launch(
        device.stream(),
        probeBlocks,
        PROBE_THREADS,
        0,
        sets.get(0).get(problem.operator().output().name()).longValue(),
        Integer.valueOf(rounds));
    stop.record(device.stream());
    return PROBE_OPERATIONS * probeBlocks * PROBE_THREADS * rounds / stop.nanosSince(start);
  }

  /** The speed over about as long as the policy says. */
  double speed() {
    return speed(probeRounds);
  }

  /** A captured graph of so many calls of one function that it lasts for a block of the policy. */
  private final class Calls implements AutoCloseable {
    private final DeviceFunction.Call call;
    private final CUgraph graph = new CUgraph();
    private final CUgraphExec ready = new CUgraphExec();
    private final double once;
    private final int count;
    private boolean captured;

    Calls(DeviceFunction function) {
      call = function.on(problem, epilogue, device.stream());
      call(0);
      device.synchronize();
      double single = nanosOf(1);
      once = Math.max(500, single < SHORT_NANOS ? nanosOf(SHORT_CALLS) : single);
      count = (int) Math.max(1, Math.min(MOST_CALLS, policy.blockNanos() / once));
    }

    /** Nanoseconds of each of some calls that follow each other. */
    private double nanosOf(int calls) {
      start.record(device.stream());
      for (int i = 0; i < calls; i++) {
        call(i);
      }
      stop.record(device.stream());
      return stop.nanosSince(start) / calls;
    }

    /** Nanoseconds of one call, more or less. */
    double once() {
      return once;
    }

    private void call(int i) {
      call.enqueue(device.stream(), sets.get(i % sets.size()));
    }

    void capture() {
      CudaDevice.check(
          JCudaDriver.cuStreamBeginCapture(
              device.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
          "cuStreamBeginCapture");
      for (int i = 0; i < count; i++) {
        call(i);
      }
      CudaDevice.check(
          JCudaDriver.cuStreamEndCapture(device.stream(), graph), "cuStreamEndCapture");
      CudaDevice.check(JCudaDriver.cuGraphInstantiate(ready, graph, 0), "cuGraphInstantiate");
      captured = true;
    }

    /** Nanoseconds of one call. */
    double nanos() {
      if (!captured) {
        return once;
      }
      start.record(device.stream());
      CudaDevice.check(JCudaDriver.cuGraphLaunch(ready, device.stream()), "cuGraphLaunch");
      stop.record(device.stream());
      double nanos = stop.nanosSince(start) / count;
      if (!(nanos > 0)) {
        throw new CudaFault("the device measured " + nanos + " ns for a call on " + problem);
      }
      return nanos;
    }

    @Override
    public void close() {
      if (captured) {
        JCudaDriver.cuGraphExecDestroy(ready);
        JCudaDriver.cuGraphDestroy(graph);
      }
    }
  }

  @Override
  public void close() {
    memory.forEach(CudaDevice.Memory::close);
    ticks.close();
    start.close();
    stop.close();
  }
}
