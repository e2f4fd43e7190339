package tessera.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Python;
import tessera.compile.CCompiler;
import tessera.compile.SourceUnit;
import tessera.compile.Template;

/** The tolerance as Java states it, and as C and Python apply it. */
final class ToleranceTest {
  private static final int CASES = 200;

  private static final List<Numerics> NUMERICS =
      List.of(
          Numerics.FLOAT32,
          new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.TF32),
          new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.FLOAT32_EMULATED),
          new Numerics(DataType.FLOAT16, DataType.FLOAT16, Precision.FLOAT32),
          new Numerics(DataType.FLOAT16, DataType.FLOAT32, Precision.FLOAT32),
          new Numerics(DataType.BFLOAT16, DataType.BFLOAT16, Precision.FLOAT32));

  private final Random random = new Random();

  /** Terms of a sum, their magnitudes' sum, and the result. */
  private record Case(
      Numerics numerics, Epilogue epilogue, long k, double magnitude, double result) {
    double allowed() {
      return numerics.tolerance().bound(k, epilogue).allowed(magnitude, result);
    }
  }

  private Case drawn(Epilogue epilogue) {
    double magnitude = Math.exp(10 * random.nextDouble() - 4);
    return new Case(
        NUMERICS.get(random.nextInt(NUMERICS.size())),
        epilogue,
        1 + random.nextInt(10_000),
        magnitude,
        magnitude * (2 * random.nextDouble() - 1));
  }

  @Test
  void bound_float32_isOfTheSquareRoot() {
    assertEquals(0x1p-23 * 8, Numerics.FLOAT32.tolerance().bound(16, Epilogue.NONE).ofTerms());
    assertEquals(
        0x1p-23 * 8 * 3 + 1e-30,
        Numerics.FLOAT32.tolerance().bound(16, Epilogue.BIAS_RELU).allowed(3, -5));
  }

  @Test
  void bound_float16_cutsTermsAndRoundsTheResult() {
    Tolerance.Bound bound = NUMERICS.get(3).tolerance().bound(64, Epilogue.NONE);
    assertEquals(new Tolerance.Bound(0x1p-23 * (4 + 8 + 8), 0x1p-11, 0x1p-25), bound);
  }

  @Test
  void bound_gelu_isSteeperAndHasAnErrorOfItsOwn() {
    Tolerance.Bound plain = Numerics.FLOAT32.tolerance().bound(100, Epilogue.BIAS);
    Tolerance.Bound gelu = Numerics.FLOAT32.tolerance().bound(100, Epilogue.BIAS_GELU);
    assertEquals(1.13 * plain.ofTerms(), gelu.ofTerms());
    assertEquals(4e-7, gelu.ofResult());
    assertEquals(4e-7, gelu.least(), 1e-20);
  }

  @Test
  void allowed_inC_isTheSame(@TempDir Path folder) {
    String text =
        "#include <math.h>\n#define TESSERA_ALLOWED static\n"
            + Template.resource(Tolerance.class, "allowed.h")
            + "double allowed(double terms, double result, double least, double m, double r) {\n"
            + "  return allowed_error((tessera_bound){terms, result, least}, m, r);\n}\n";
    Path built =
        CCompiler.find(folder)
            .build(new SourceUnit("a.c", Map.of("a.c", text), List.of("-O2", "-shared", "-fPIC")))
            .artifact()
            .orElseThrow();
    Function allowed = NativeLibrary.getInstance(built.toString()).getFunction("allowed");
    for (int i = 0; i < CASES; i++) {
      Case some = drawn(Epilogue.values()[random.nextInt(Epilogue.values().length)]);
      double[] bound = some.numerics.tolerance().bound(some.k, some.epilogue).toArray();
      Object[] given = {bound[0], bound[1], bound[2], some.magnitude, some.result};
      assertEquals(
          some.allowed(), allowed.invokeDouble(given), 1e-12 * some.allowed(), some.toString());
    }
  }

  /** Manifests state numbers by two digits. */
  @Test
  void allowed_inPythonByTheManifestsText_isTheSame() throws Exception {
    List<Case> cases = new ArrayList<>();
    for (int i = 0; i < CASES; i++) {
      cases.add(drawn(Epilogue.NONE));
    }
    String program =
        "import sys\nsys.path.insert(0, sys.argv[1])\nimport tolerance\n"
            + cases.stream()
                .map(
                    some ->
                        "print(tolerance.Tolerance('"
                            + some.numerics.tolerance().text()
                            + "').allowed("
                            + some.k
                            + ", "
                            + some.magnitude
                            + ", "
                            + some.result
                            + "))\n")
                .collect(Collectors.joining());
    Path scripts = Path.of("../scripts").toAbsolutePath().normalize();
    Python.Ended ended = Python.run(List.of("-c", program, scripts.toString()));
    assertEquals(0, ended.code(), ended.output());
    double[] answers =
        Arrays.stream(ended.output().strip().split("\n"))
            .mapToDouble(Double::parseDouble)
            .toArray();
    assertEquals(CASES, answers.length);
    for (int i = 0; i < CASES; i++) {
      double allowed = cases.get(i).allowed();
      assertEquals(allowed, answers[i], 0.03 * allowed, cases.get(i).toString());
    }
  }

  @Test
  void text_ofAnotherForm_isRefusedByPython() throws Exception {
    Path scripts = Path.of("../scripts").toAbsolutePath().normalize();
    String program =
        "import sys\nsys.path.insert(0, sys.argv[1])\nimport tolerance\ntolerance.Tolerance('1e-7')";
    Python.Ended ended = Python.run(List.of("-c", program, scripts.toString()));
    assertEquals(1, ended.code());
    assertEquals(true, ended.output().contains("the manifest's tolerance '1e-7' has another form"));
  }
}
