package tessera.job.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.integrity.Trust;
import tessera.job.cli.options.TrustOption;
import tessera.job.run.LocalDevice;
import tessera.measure.Outcome;
import tessera.operator.Operand;
import tessera.operator.Problem;
import tessera.operator.Reference;
import tessera.runtime.Bundle;
import tessera.runtime.BundleCopy;
import tessera.runtime.TunedOperator;
import tessera.storage.Place;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Preparation;
import tessera.workload.Workload;

@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Checks a bundle's bytes, then recomputes its operator on random shapes and data against float64.")
public final class VerifyCommand implements Callable<Integer> {
  /** The largest value of a shape variable: a float64 reference of larger shapes takes long. */
  private static final int LARGEST_VALUE = 160;

  private static final Duration DEADLINE = Duration.ofSeconds(60);

  @Parameters(paramLabel = "BUNDLE", description = "The bundle's folder: a path, or a URI.")
  private Place place;

  @Option(
      names = "--shapes",
      defaultValue = "12",
      description = "How many random shapes (default: ${DEFAULT-VALUE}).")
  private int shapes;

  @Option(names = "--seed", description = "Of the shapes and data; another every time by default.")
  private Long seed;

  @Mixin private TrustOption trust;

  /** Says what is wrong on one shape; empty when nothing is. */
  private interface Check {
    String on(long[] values);
  }

  @Override
  public Integer call() {
    if (shapes < 1) {
      throw new UserError("--shapes must be at least 1, not " + shapes);
    }
    long chosen = seed == null ? System.nanoTime() : seed;
    SplittableRandom random = new SplittableRandom(chosen);
    try (BundleCopy copy = BundleCopy.of(place, trust.chosen())) {
      Bundle bundle = Bundle.openUnused(copy.folder(), trust.chosen());
      return switch (bundle.manifest().target().operandMemory()) {
        case HOST -> here(bundle, random, chosen);
        case DEVICE -> inWorker(bundle, random, chosen);
      };
    }
  }

  private int here(Bundle bundle, SplittableRandom random, long chosen) {
    try (TunedOperator operator =
        TunedOperator.open(bundle.folder(), Trust.only(bundle.digest()))) {
      Workload workload = operator.manifest().workload().anywhere();
      return all(workload, random, chosen, values -> check(operator, workload, values, random));
    } catch (TunedOperator.TesseraException e) {
      throw new UserError(e.getMessage(), e);
    }
  }

  /** In a process of its own, at aligned addresses and others, with guards around the output. */
  private int inWorker(Bundle bundle, SplittableRandom random, long chosen) {
    Backend backend = LocalDevice.of(bundle);
    Workload workload = bundle.manifest().workload().anywhere();
    try (DeviceWorker worker = backend.worker()) {
      return all(
          workload,
          random,
          chosen,
          values -> {
            WorkerRequest request =
                new WorkerRequest(
                    workload.epilogue(),
                    workload.numerics(),
                    List.of(
                        WorkerRequest.Function.bundle(
                                bundle.folder(),
                                bundle.digest(),
                                Arrays.stream(values).boxed().toList())
                            .preparing(workload.prepares())),
                    List.of(new WorkerRequest.Check(workload.problem(values), 1)),
                    List.of(),
                    backend.hardware().policy(workload, 1, 1),
                    random.nextLong());
            WorkerReply reply = worker.call(request, DEADLINE);
            return reply.outcome() == Outcome.OK
                ? ""
                : Arrays.toString(values) + ": " + reply.outcome() + ", " + reply.message();
          });
    }
  }

  private int all(Workload workload, SplittableRandom random, long chosen, Check check) {
    for (int i = 0; i < shapes; i++) {
      long[] values = random.longs(workload.variables().size(), 1, LARGEST_VALUE + 1).toArray();
      String wrong = check.on(values);
      if (!wrong.isEmpty()) {
        System.out.println("WRONG " + wrong + " (seed " + chosen + ")");
        return 3;
      }
    }
    System.out.println("intact, and right on " + shapes + " random shapes (seed " + chosen + ")");
    return 0;
  }

  /** Empty when every checked element is within its tolerance. */
  private static String check(
      TunedOperator operator, Workload workload, long[] values, SplittableRandom random) {
    Problem problem = workload.problem(values);
    Map<String, FloatBuffer> operands = new LinkedHashMap<>();
    for (Operand operand : workload.operands()) {
      long count = (long) problem.elements(operand);
      operands.put(
          operand.name(),
          operand.role() == Operand.Role.OUTPUT ? poisoned(count) : normal(count, random));
    }
    if (workload.prepare() != Preparation.NEVER && random.nextBoolean()) {
      String weights = workload.operands().get(1).name();
      FloatBuffer plain = operands.get(weights);
      operands.put(weights, operator.prepare(plain));
      operator.run(values, operands);
      operands.put(weights, plain);
    } else {
      operator.run(values, operands);
    }
    return new Reference(problem, workload.epilogue())
        .firstWrong(operands, random)
        .map(at -> Arrays.toString(values) + ": " + at)
        .orElse("");
  }

  private static FloatBuffer poisoned(long count) {
    FloatBuffer buffer = floats(count);
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, Float.NaN);
    }
    return buffer;
  }

  private static FloatBuffer normal(long count, RandomGenerator random) {
    FloatBuffer buffer = floats(count);
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, (float) random.nextGaussian());
    }
    return buffer;
  }

  private static FloatBuffer floats(long count) {
    return ByteBuffer.allocateDirect(Math.toIntExact(4 * count))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
