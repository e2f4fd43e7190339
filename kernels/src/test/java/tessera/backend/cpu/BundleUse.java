package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import tessera.Python;
import tessera.compile.Subprocess;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.operator.Reference;
import tessera.runtime.BundleManifest;
import tessera.runtime.TunedOperator;
import tessera.workload.Workload;

/** Calls of a bundle, from here and from programs of its users. */
final class BundleUse {
  private BundleUse() {}

  static FloatBuffer floats(long count, SplittableRandom random) {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect((int) (4 * count)).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int i = 0; i < count; i++) {
      buffer.put(i, random == null ? Float.NaN : (float) random.nextGaussian());
    }
    return buffer;
  }

  static String runOnce(TunedOperator operator, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] shape = {1 + random.nextInt(40), 1 + random.nextInt(150)};
    Workload workload = operator.manifest().workload().anywhere();
    Problem problem = workload.problem(shape);
    GemmShape extents = problem.gemm();
    FloatBuffer x = floats(extents.m() * extents.k(), random);
    FloatBuffer w = floats(extents.n() * extents.k(), random);
    FloatBuffer bias = floats(extents.n(), random);
    FloatBuffer y = floats(extents.m() * extents.n(), null);
    Map<String, FloatBuffer> operands = Map.of("x", x, "w", w, "bias", bias, "y", y);
    if (random.nextBoolean()) {
      operator.run(shape, y, x, w, bias);
    } else {
      operator.run(shape, operands);
    }
    return new Reference(problem, workload.epilogue()).firstWrong(operands, random).orElse("");
  }

  /** A program compiles with a bundle's library, and runs to its end with this output. */
  static void assertUsed(Path bundle, String compiler, String text, String output)
      throws IOException {
    Path program = bundle.resolve("use." + (compiler.equals("gcc") ? "c" : "cc"));
    Files.writeString(program, text);
    List<String> command =
        List.of(
            "sh",
            "-c",
            "command -v "
                + compiler
                + " >/dev/null || exit 77; "
                + compiler
                + " -Wall -Werror -o use "
                + program.getFileName()
                + " -L. -l:libtessera.so -Wl,-rpath,. && ./use");
    Subprocess.Result result = Subprocess.run(command, bundle, Duration.ofSeconds(60));
    assumeTrue(result.exitCode() != 77, compiler + " is not installed");
    assertEquals(0, result.exitCode(), result.output());
    assertEquals(output, result.output());
  }

  /** What a script may use: sys, a library, and the module of the bundle. */
  private static final String IMPORTS =
      """
      import sys
      try:
          import %s
      except ImportError:
          sys.exit(77)
      sys.path.insert(0, sys.argv[1])
      import tessera
      """;

  /**
   * A script ends well that gets the bundle's folder and the manifests' version.
   *
   * @param library that it imports, without which the test is skipped
   */
  static void assertPython(Path bundle, String library, String script)
      throws IOException, InterruptedException {
    String version = Integer.toString(BundleManifest.SCHEMA_VERSION);
    String whole = IMPORTS.replace("%s", library) + script;
    Python.Ended ended = Python.run(List.of("-c", whole, bundle.toString(), version));
    assumeTrue(ended.code() != 77, library + " is not installed");
    assertEquals(0, ended.code(), ended.output());
  }
}
