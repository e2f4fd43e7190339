package tessera.job.spark;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;
import tessera.compile.BuildResult;
import tessera.hardware.Target;
import tessera.job.search.InstanceTimer;
import tessera.job.search.Measurer;
import tessera.measure.Backend;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.measure.Trial;
import tessera.measure.TrialRunner;
import tessera.measure.WorkerReply;
import tessera.microkernel.MicroKernel;
import tessera.workload.GemmShape;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * Measures as a Spark job: a task for each candidate. While one task times, holding its device, the
 * others build.
 */
public final class SparkMeasurer implements Measurer, InstanceTimer {
  /** What a task is asked. */
  record Candidate(MicroKernel kernel, TimingPolicy policy, List<GemmShape> shapes) {}

  /** A build, if it begins before some time of day: executors' clocks are taken to agree. */
  record Build(MicroKernel kernel, List<GemmShape> shapes, long untilMillis) {}

  /** What a comparison is asked. */
  record Comparison(
      List<MicroKernel> kernels, List<GemmShape> shapes, TimingPolicy policy, boolean delivered) {}

  /**
   * What a task of a heat is asked.
   *
   * @param paths shapes of all heats, so that a kernel is built but once; none where it is built as
   *     a bundle has it
   */
  record HeatOf(Heat heat, List<GemmShape> paths, TimingPolicy policy) {
    Optional<List<GemmShape>> built() {
      return paths.isEmpty() ? Optional.empty() : Optional.of(paths);
    }
  }

  /** A comparison's answer with the vendors that took part. */
  record Compared(WorkerReply reply, List<String> vendors) {}

  private final JavaSparkContext spark;
  private final String context;
  private final Target target;
  private final TimingPolicy policy;
  private final List<GemmShape> shapes;

  /**
   * @param shapes what to time on; empty for each micro-kernel's own probes
   */
  public SparkMeasurer(
      JavaSparkContext spark,
      Workload workload,
      Target target,
      TimingPolicy policy,
      List<GemmShape> shapes,
      long seed) {
    this.spark = spark;
    this.context =
        Wire.write(
            new ExecutorDevice.Context(
                WorkloadSpec.of(workload), workload.sampled(), target, seed));
    this.target = target;
    this.policy = policy;
    this.shapes = shapes;
  }

  @Override
  public List<Trial> measure(List<MicroKernel> candidates) {
    return answers(tasks(candidates, shapes), SparkMeasurer::trial).stream()
        .map(text -> Wire.read(text, Trial.class))
        .toList();
  }

  private List<Candidate> tasks(List<MicroKernel> kernels, List<GemmShape> shapes) {
    return kernels.stream().map(kernel -> new Candidate(kernel, policy, shapes)).toList();
  }

  /** What becomes of each request on an executor, which gets the context too. */
  private List<String> answers(List<?> requests, Function2<String, String, String> what) {
    String shared = context;
    return spark
        .parallelize(new ArrayList<>(requests.stream().map(Wire::write).toList()), requests.size())
        .map(text -> what.call(shared, text))
        .collect();
  }

  private static String trial(String context, String task) {
    Candidate candidate = Wire.read(task, Candidate.class);
    return Wire.write(
        ExecutorDevice.runner(context)
            .run(candidate.kernel(), candidate.policy(), candidate.shapes()));
  }

  @Override
  public List<MicroKernel> buildable(
      List<MicroKernel> kernels, List<GemmShape> shapes, Instant until) {
    if (kernels.isEmpty()) {
      return kernels;
    }
    List<Build> builds =
        kernels.stream().map(kernel -> new Build(kernel, shapes, until.toEpochMilli())).toList();
    List<String> built = answers(builds, SparkMeasurer::isBuildable);
    return IntStream.range(0, kernels.size())
        .filter(i -> Wire.read(built.get(i), Boolean.class))
        .mapToObj(kernels::get)
        .toList();
  }

  private static String isBuildable(String context, String task) {
    Build asked = Wire.read(task, Build.class);
    ExecutorDevice.Context read = Wire.read(context, ExecutorDevice.Context.class);
    return Wire.write(
        System.currentTimeMillis() < asked.untilMillis()
            && ExecutorDevice.backend(read.target())
                    .buildForTrial(read.workload(), asked.kernel(), asked.shapes())
                    .status()
                == BuildResult.Status.OK);
  }

  @Override
  public Times time(
      List<MicroKernel> kernels, List<GemmShape> shapes, TimingPolicy policy, boolean delivered) {
    Comparison asked = new Comparison(kernels, shapes, policy, delivered);
    Compared compared =
        Wire.read(answers(List.of(asked), SparkMeasurer::compare).get(0), Compared.class);
    if (compared.reply().outcome() != Outcome.OK) {
      throw new IllegalStateException(
          "re-measuring on instances ended "
              + compared.reply().outcome()
              + ": "
              + compared.reply().message());
    }
    int functions = kernels.size() + compared.vendors().size();
    double[][] seconds = new double[functions][shapes.size()];
    for (int s = 0; s < shapes.size(); s++) {
      List<Timing> timings = compared.reply().timings().get(s);
      for (int f = 0; f < functions; f++) {
        seconds[f][s] = timings.get(f).seconds(target.peakGflops());
      }
    }
    return new Times(seconds, compared.vendors());
  }

  private static String compare(String context, String text) {
    Comparison asked = Wire.read(text, Comparison.class);
    ExecutorDevice.Context read = Wire.read(context, ExecutorDevice.Context.class);
    List<Backend.Vendor> vendors =
        asked.delivered()
            ? ExecutorDevice.backend(read.target()).vendors(read.workload())
            : List.of();
    WorkerReply reply =
        ExecutorDevice.runner(context)
            .compare(
                asked.kernels(),
                vendors,
                asked.shapes(),
                asked.policy(),
                asked.delivered() ? Optional.empty() : Optional.of(asked.shapes()));
    return Wire.write(new Compared(reply, vendors.stream().map(Backend.Vendor::name).toList()));
  }

  @Override
  public List<double[]> time(List<Heat> heats, TimingPolicy policy, boolean delivered) {
    List<GemmShape> paths =
        delivered ? List.of() : heats.stream().map(Heat::shape).distinct().toList();
    List<HeatOf> requests = heats.stream().map(heat -> new HeatOf(heat, paths, policy)).toList();
    return answers(requests, SparkMeasurer::heat).stream()
        .map(text -> Wire.read(text, double[].class))
        .toList();
  }

  private static String heat(String context, String text) {
    HeatOf asked = Wire.read(text, HeatOf.class);
    TrialRunner runner = ExecutorDevice.runner(context);
    double peak = Wire.read(context, ExecutorDevice.Context.class).target().peakGflops();
    List<MicroKernel> kernels = asked.heat().kernels();
    if (kernels.isEmpty()) {
      return Wire.write(new double[0]);
    }
    double[] together = seconds(asked, kernels, runner, peak);
    return Wire.write(
        together.length > 0
            ? together
            : kernels.stream()
                .map(kernel -> seconds(asked, List.of(kernel), runner, peak))
                .mapToDouble(alone -> alone.length > 0 ? alone[0] : Double.NaN)
                .toArray());
  }

  /** Of some of a heat's kernels; empty when one of them fails. */
  private static double[] seconds(
      HeatOf asked, List<MicroKernel> kernels, TrialRunner runner, double peakGflops) {
    WorkerReply reply =
        runner.compare(
            kernels, List.of(), List.of(asked.heat().shape()), asked.policy(), asked.built());
    return reply.outcome() == Outcome.OK
        ? reply.timings().get(0).stream()
            .mapToDouble(timing -> timing.seconds(peakGflops))
            .toArray()
        : new double[0];
  }
}
