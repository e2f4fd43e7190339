package tessera.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.UserError;
import tessera.backend.Backends;
import tessera.operator.Axis;
import tessera.operator.DataType;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.operator.Precision;
import tessera.storage.Place;
import tessera.workload.trace.TraceChoice;
import tessera.workload.trace.TraceReader;

final class WorkloadFileTest {
  private static final String GOOD =
      """
      name: layers
      operator: dense
      extents: {m: 16 * T, n: 2304, k: 768}
      variables:
        T: {from: 1, to: 9, step: 4}
      """;

  private static final TraceReader TRACE =
      new MadeUpTrace(Map.of(List.of(5L), 3.0, List.of(7L), 1.0), "Tokens", "Requests");

  @TempDir private Path folder;

  private WorkloadFile.Request read(String text) throws IOException {
    Path file = folder.resolve("w.yaml");
    Files.writeString(file, text);
    return WorkloadFile.read(Place.of(file), TRACE, Backends.all());
  }

  private Workload readInstead(String text, TraceReader reader, String... columns)
      throws IOException {
    Path file = Files.writeString(folder.resolve("w.yaml"), text);
    Path trace = Files.writeString(folder.resolve("calls.csv"), "read by the reader alone");
    TraceChoice choice = new TraceChoice(Place.of(trace), List.of(columns), Optional.empty());
    return WorkloadFile.read(Place.of(file), reader, Optional.of(choice), Backends.all())
        .workload();
  }

  @Test
  void read_withATraceInstead_hasItsShapesAndWeightsAlone() throws IOException {
    Workload workload = readInstead(GOOD, TRACE, "Tokens");
    assertEquals(
        List.of(new Instance(List.of(5L), 0.75), new Instance(List.of(7L), 0.25)),
        workload.instances());
    String listed =
        GOOD.replace("{from: 1, to: 9, step: 4}", "{trace: gone.parquet, column: Other}");
    assertEquals(workload.instances(), readInstead(listed, TRACE, "T=Tokens").instances());
  }

  @Test
  void read_withATraceOfSeveralVariables_takesTheirValuesTogether() throws IOException {
    TraceReader reader =
        new MadeUpTrace(Map.of(List.of(5L, 2L), 1.0, List.of(3L, 9L), 3.0), "T", "width");
    String two = GOOD.replace("{from: 1, to: 9, step: 4}", "[1]\n  U: [1, 2]").replace("2304", "U");
    Workload workload = readInstead(two, reader, "U=width");
    assertEquals(List.of("T", "U"), workload.variables());
    assertEquals(
        List.of(new Instance(List.of(3L, 9L), 0.75), new Instance(List.of(5L, 2L), 0.25)),
        workload.instances());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "T | has no column 'T' for the shape variable T; it has 'Tokens', 'Requests': give --column COLUMN",
        "S=Tokens | --column names the shape variable 'S', and the workload has [T]; give --column VARIABLE=COLUMN with one of these",
        "T=Length | has no column 'Length' for the shape variable T; it has 'Tokens', 'Requests': give --column COLUMN",
        "T=Tokens,Tokens | --column gives T twice; give it once",
      })
  void read_withATraceOfOtherColumns_isRefused(String columns, String part) {
    UserError error =
        assertThrows(UserError.class, () -> readInstead(GOOD, TRACE, columns.split(",")));
    assertTrue(error.getMessage().endsWith(part), error.getMessage());
  }

  @Test
  void read_range_givesEveryStep() throws IOException {
    Workload workload = read(GOOD).workload();
    assertEquals(
        List.of(List.of(1L), List.of(5L), List.of(9L)),
        workload.instances().stream().map(Instance::values).toList());
    assertEquals(new GemmShape(1, 80, 2304, 768), workload.shape(5));
    assertEquals(0, workload.staticExtent(Axis.M));
    assertEquals(768, workload.staticExtent(Axis.K));
  }

  @Test
  void read_prepareWithoutWeights_isRefused() {
    String batched = GOOD.replace("operator: dense", "operator: batch_matmul_nt");
    UserError error =
        assertThrows(
            UserError.class, () -> read(batched.replace("{m:", "{b: 12, m:") + "prepare: only\n"));
    assertTrue(
        error.getMessage().endsWith("batch_matmul_nt has no weights to prepare; leave prepare out"),
        error.getMessage());
  }

  @Test
  void read_prepareThatIsNotSaid_isTooWhereWeightsAreConstantOnACpu() throws IOException {
    assertEquals(Preparation.TOO, read(GOOD).workload().prepare());
    assertEquals(Preparation.NEVER, read(GOOD + "target: cuda\n").workload().prepare());
    String batched = GOOD.replace("operator: dense", "operator: batch_matmul_nt");
    assertEquals(
        Preparation.NEVER, read(batched.replace("{m:", "{b: 12, m:")).workload().prepare());
    assertEquals(Preparation.NEVER, read(GOOD.replace("n: 2304", "n: T")).workload().prepare());
  }

  @Test
  void readCopy_ofARunBeforeThat_preparesOnlyWhereItSaysSo() throws IOException {
    assertEquals(Preparation.NEVER, before(GOOD));
    assertEquals(Preparation.TOO, before(GOOD + "prepare: too\n"));
  }

  private Preparation before(String text) throws IOException {
    Place file = Place.of(Files.writeString(folder.resolve("before.yaml"), text));
    return WorkloadFile.readCopy(
            file, file, TRACE, Optional.empty(), Backends.all(), Preparation.NEVER)
        .workload()
        .prepare();
  }

  @Test
  void read_prepare_isAsTheFileSays() throws IOException {
    assertEquals(Preparation.NEVER, read(GOOD + "prepare: never\n").workload().prepare());
    Workload workload = read(GOOD + "prepare: only\n").workload();
    assertEquals(Preparation.ONLY, workload.prepare());
    assertTrue(workload.prepares());
    assertEquals(workload.prepare(), workload.fixedAt(5).prepare());
    assertEquals(Preparation.ONLY, workload.withInstances(workload.instances()).prepare());
  }

  @Test
  void read_operatorOfAProvider_hasItsOwnAxes() throws IOException {
    Workload workload =
        read("""
                operator: projection
                extents: {batch: 3, position: T, feature: 24, channel: 40}
                variables: {T: [1, 7]}
                """)
            .workload();
    assertEquals(MadeUpOperators.PROJECTION, workload.operator());
    assertEquals(
        Map.of("batch", 3L, "position", 7L, "feature", 24L, "channel", 40L),
        workload.problem(7).extents());
    assertEquals(new GemmShape(1, 21, 24, 40), workload.shape(7));
  }

  @Test
  void read_trace_weighsByCount() throws IOException {
    Workload workload =
        read(GOOD.replace("{from: 1, to: 9, step: 4}", "{trace: t.csv, column: Tokens}"))
            .workload();
    assertEquals(List.of(0.75, 0.25), workload.instances().stream().map(Instance::weight).toList());
  }

  @Test
  void read_instances_keepTuplesAndWeights() throws IOException {
    Workload workload =
        read("""
                operator: batch_matmul_nn
                extents: {b: 12, m: M, n: N, k: 64}
                variables: [M, N]
                instances: [[1, 2], [3, 4]]
                weights: [1, 3]
                """)
            .workload();
    assertEquals("w", workload.name());
    assertEquals(
        List.of(new Instance(List.of(1L, 2L), 0.25), new Instance(List.of(3L, 4L), 0.75)),
        workload.instances());
  }

  @Test
  void read_zipf_fallsAsItsExponentSays() throws IOException {
    String text =
        GOOD.replace(
            "{from: 1, to: 9, step: 4}",
            "{values: [1, 2], weights: {distribution: zipf, exponent: 1}}");
    List<Instance> instances = read(text).workload().instances();
    assertEquals(2.0, instances.get(0).weight() / instances.get(1).weight(), 1e-12);
  }

  @Test
  void read_budget_overridesItsEffort() throws IOException {
    assertEquals(
        new Budget(24, 10), read(GOOD + "budget: {effort: quick, seconds: 10}\n").budget());
  }

  @ParameterizedTest
  @CsvSource({
    "'', FULL",
    "'budget: {effort: quick}', QUICK",
    "'budget: {effort: full, trials: 24}', FULL",
    "'budget: {trials: 48, seconds: 600}', STANDARD",
    "'budget: {trials: 1000, seconds: 105}', FULL",
    "'budget: {seconds: 30}', FULL"
  })
  void read_effort_isItsOwnOrWhatItsTrialsFit(String budget, Effort effort) throws IOException {
    assertEquals(effort, read(GOOD + budget + "\n").effort());
  }

  @Test
  void read_types_areTheOperandsUnlessTheOutputHasItsOwn() throws IOException {
    String cuda = GOOD + "target: cuda\n";
    assertEquals(Numerics.FLOAT32, read(GOOD).workload().numerics());
    assertEquals(
        new Numerics(DataType.BFLOAT16, DataType.BFLOAT16, Precision.FLOAT32),
        read(cuda + "dtype: bfloat16\n").workload().numerics());
    assertEquals(
        new Numerics(DataType.FLOAT16, DataType.FLOAT32, Precision.FLOAT32),
        read(cuda + "dtype: float16\noutput: float32\n").workload().numerics());
    assertEquals(
        new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.TF32),
        read(cuda + "precision: tf32\n").workload().numerics());
    assertEquals(
        new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.FLOAT32_EMULATED),
        read(cuda + "precision: float32-emulated\n").workload().numerics());
  }

  @Test
  void numerics_inWordsAndLabels_sayWhatDiffers() {
    assertEquals("float32", Numerics.FLOAT32.words());
    Numerics mixed = new Numerics(DataType.FLOAT16, DataType.FLOAT32, Precision.FLOAT32);
    assertEquals("float16 to float32", mixed.words());
    assertEquals("f16_f32", mixed.label());
    Numerics tf32 = new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.TF32);
    assertEquals("float32 as tf32", tf32.words());
    assertEquals("tf32", tf32.label());
    assertEquals(0x1p-9, tf32.tolerance().ofInputs());
    Numerics emulated =
        new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.FLOAT32_EMULATED);
    assertEquals("f32e", emulated.label());
    assertEquals(0, emulated.tolerance().perTerm());
  }

  @Test
  void spec_ofEveryNumerics_isReadBack() throws IOException {
    Workload workload = read(GOOD + "target: cuda\ndtype: float16\noutput: float32\n").workload();
    assertEquals(
        workload.numerics(), WorkloadSpec.of(workload).on(workload.instances()).numerics());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "operator: dense        | operator: conv9    | 2 | operator",
        "operator: dense        | operator: by_columns | 2 | has operands that no micro-kernel of target cpu can read",
        "operator: dense        | 'operator: by_columns\ntarget: cuda' | 2 | no micro-kernel of target cuda can read",
        "16 * T                 | 16 * U             | 3 | variable 'U' is not declared",
        "n: 2304                | n: 0               | 3 | positive",
        "n: 2304                | n: 2.5             | 3 | extents.n",
        "from: 1                | from: 10           | 5 | less than from",
        "from: 1                | form: 1            | 5 | allowed here: column, count, from",
        "name: layers           | nome: layers       | 1 | unknown",
        "name: layers           | name: [a           | 2 | not valid YAML",
        ", k: 768               | ''                 | 3 | 'k' is missing",
        "step: 4                | step: -4           | 5 | positive integer",
        "operator: dense        | 'operator: dense\nprepare: always' | 3 | prepare 'always' is unknown; it is one of [never, too, only]",
        "operator: dense        | 'operator: dense\ntarget: cuda\nprepare: only' | 4 | is no choice on target cuda",
        "'n: 2304, k: 768}'     | 'n: T, k: 768}\nprepare: only' | 4 | or fix the extents of w",
        "operator: dense        | 'operator: dense\ndtype: float8'    | 3 | [float32, float16, bfloat16]",
        "operator: dense        | 'operator: dense\ndtype: float16'   | 3 | add target: cuda",
        "operator: dense        | 'operator: dense\nprecision: tf32'  | 3 | add target: cuda",
        "operator: dense        | 'operator: dense\nprecision: tf31'  | 3 | [float32, tf32, float32-emulated]",
        "operator: dense        | 'operator: dense\ntarget: cuda\ndtype: float16\nprecision: tf32' | 5 | for dtype float32",
        "operator: dense        | 'operator: dense\ntarget: cuda\noutput: float16' | 4 | needs a dtype of 16 bits",
        "operator: dense        | 'operator: dense\nprecision: float32-emulated'  | 3 | add target: cuda",
        "operator: dense        | 'operator: dense\ntarget: cuda\noutput: float16\nprecision: float32-emulated' | 5 | results of float32 products stay float32",
      })
  void read_mistake_namesFileLineAndField(String from, String to, int line, String part) {
    assertTrue(GOOD.contains(from), from);
    UserError error = assertThrows(UserError.class, () -> read(GOOD.replace(from, to)));
    assertTrue(error.getMessage().contains("w.yaml:" + line + ":"), error.getMessage());
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"NaN", ".nan", ".inf", "1e400", "1e-400", "0x1p3", "1_000", "10d", "-1", "0"})
  void read_noDecimalNumber_isRefusedAsSeconds(String seconds) {
    UserError error =
        assertThrows(UserError.class, () -> read(GOOD + "budget: {seconds: " + seconds + "}\n"));
    assertEquals(
        folder.resolve("w.yaml")
            + ":6: field 'budget.seconds' must be a positive, finite decimal number, not '"
            + seconds
            + "'",
        error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NaN",
        ".inf",
        "1e3",
        "0x10",
        "0o17",
        "010",
        "1_000",
        "-1",
        "0",
        "1000000000000001"
      })
  void read_noPlainInteger_isRefusedAsSamples(String samples) {
    UserError error =
        assertThrows(UserError.class, () -> read(GOOD + "samples: " + samples + "\n"));
    assertEquals(
        folder.resolve("w.yaml")
            + ":6: field 'samples' must be a positive integer up to 1000000000000000 in plain decimal digits, not '"
            + samples
            + "'",
        error.getMessage());
  }

  @Test
  void read_hugeBudget_isCutToWhatNobodyWaitsFor() throws IOException {
    WorkloadFile.Request request =
        read(
            GOOD
                + "samples: 1000000000000000\n"
                + "budget: {trials: 1000000000000000, seconds: 1e300}\n");
    assertEquals(10_000, request.workload().samples());
    assertEquals(new Budget(1_000_000, Budget.MOST_SECONDS), request.budget());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "m: 16 * T | m: 9 - T               | with [T] = [9] the extents are not all positive integers (extents must be positive, not k=768 m=0",
        "m: 16 * T | m: 16 / (T - 5)        | with [T] = [1] the extents are not all positive integers (extents must be positive, not k=768 m=-4",
        "m: 16 * T | m: 160 / (T - T)       | with [T] = [1] the extents are not all positive integers (160 / (T - T) divides by zero)",
        "m: 16 * T | m: 999999999999999999 * 99 * T | with [T] = [1] the extents are not all positive integers (long overflow)",
        "m: 16 * T | m: 1000000000000000000 | has an integer of 19 digits; give at most 18",
        "m: 16 * T | m: 010 * T             | '010 * T' has '0' at position 1",
        "n: 2304   | n: 99999999999999999   | with [T] = [1] the operands 16x99999999999999999x768 take more bytes",
      })
  void read_extentsWithoutAShape_nameTheInstance(String from, String to, String part)
      throws IOException {
    UserError error = assertThrows(UserError.class, () -> read(GOOD.replace(from, to)));
    String extents = folder.resolve("w.yaml") + ":3: ";
    assertTrue(error.getMessage().startsWith(extents), error.getMessage());
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }

  @Test
  void read_textOfAnotherKind_isRefusedByOneSentence() throws IOException {
    assertRefused(
        GOOD.replace("layers", "l\u00e4yers").getBytes(StandardCharsets.ISO_8859_1),
        ":1: is not UTF-8; save the file in that encoding");
    assertRefused(
        GOOD.getBytes(StandardCharsets.UTF_16), ":1: is not UTF-8; save the file in that encoding");
    assertRefused(
        (GOOD + "\u0007").getBytes(StandardCharsets.UTF_8),
        ": not valid YAML: special characters are not allowed; write it as in conf/workloads");
    assertRefused(
        (GOOD + "samples: " + "[".repeat(100_000)).getBytes(StandardCharsets.UTF_8),
        ": not valid YAML: Nesting Depth exceeded max 50; write it as in conf/workloads");
    assertRefused(
        new byte[4 << 20], " is longer than 3145728 bytes; list long tables of shapes in a trace");
    assertRefused(
        GOOD.replace("16 * T", "&a [*a]").getBytes(StandardCharsets.UTF_8),
        ":3: field 'extents.m' must be a single value");
    assertRefused(
        GOOD.replace("16 * T", "(".repeat(50_000)).getBytes(StandardCharsets.UTF_8),
        ":3: field 'extents.m' must be a single line of at most 1000 characters, not '"
            + "(".repeat(100)
            + "…'");
    assertRefused(
        GOOD.replace("layers", "\"a\\nb\"").getBytes(StandardCharsets.UTF_8),
        ":1: field 'name' must be a single line of at most 1000 characters, not 'a?b'");
    assertRefused(
        (GOOD + "name: again\n").getBytes(StandardCharsets.UTF_8),
        ":6: field 'name' is given twice; keep one");
  }

  private void assertRefused(byte[] bytes, String sentence) throws IOException {
    Path file = Files.write(folder.resolve("w.yaml"), bytes);
    UserError error =
        assertThrows(
            UserError.class, () -> WorkloadFile.read(Place.of(file), TRACE, Backends.all()));
    assertEquals(file + sentence, error.getMessage());
  }

  @Test
  void read_mark_isSkipped() throws IOException {
    assertEquals("layers", read("\ufeff" + GOOD).workload().name());
  }

  @Test
  void read_name_hasAtMost64Letters() throws IOException {
    String longest = "n".repeat(64);
    assertEquals(longest, read(GOOD.replace("layers", longest)).workload().name());
    UserError error =
        assertThrows(UserError.class, () -> read(GOOD.replace("layers", longest + "n")));
    assertTrue(error.getMessage().contains("must be 1 to 64 letters"), error.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"a b(1).yaml, a-b-1-", ".yml, workload", "_x.y.yaml, x.y", "plain, plain"})
  void read_nameFromTheFile_hasTheLettersOfNames(String fileName, String name) throws IOException {
    Path file = Files.writeString(folder.resolve(fileName), GOOD.replace("name: layers\n", ""));
    assertEquals(name, WorkloadFile.read(Place.of(file), TRACE, Backends.all()).workload().name());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{values: [1, 2], weights: [1e308, 1e308]} | whose sum is too large for a float64",
        "{values: [1, 1], weights: [1e308, 1e308]} | field 'variables.T' has weights whose products are too large",
        "{values: [1, 2], weights: {distribution: normal, mean: 1e9, sigma: 1}} | field 'variables.T.weights' is 0 for every value",
      })
  void read_weightsOutOfRange_areRefused(String values, String part) {
    UserError error =
        assertThrows(
            UserError.class, () -> read(GOOD.replace("{from: 1, to: 9, step: 4}", values)));
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }

  @Test
  void read_folder_saysSo() {
    UserError error =
        assertThrows(
            UserError.class, () -> WorkloadFile.read(Place.of(folder), TRACE, Backends.all()));
    assertEquals(folder + " is a folder; give one workload file of it", error.getMessage());
  }

  @Test
  void read_variableThatNoExtentUses_isRefusedUnlessARunBeganWithIt() throws IOException {
    String text =
        GOOD.replace("{from: 1, to: 9, step: 4}", "{from: 1, to: 9, step: 4}\n  U: [1, 2]");
    UserError error = assertThrows(UserError.class, () -> read(text));
    assertTrue(
        error
            .getMessage()
            .endsWith(
                "field 'extents' leaves out the variable 'U'; use it in an extent, or remove it from variables"),
        error.getMessage());
    Path copy = Files.writeString(folder.resolve("copy.yaml"), text);
    assertEquals(
        List.of("T", "U"),
        WorkloadFile.readCopy(
                Place.of(folder.resolve("w.yaml")),
                Place.of(copy),
                TRACE,
                Optional.empty(),
                Backends.all(),
                Preparation.TOO)
            .workload()
            .variables());
  }

  @Test
  void read_missingFile_saysSo() {
    UserError error =
        assertThrows(
            UserError.class,
            () -> WorkloadFile.read(Place.of(folder.resolve("none.yaml")), TRACE, Backends.all()));
    assertEquals(
        folder.resolve("none.yaml") + ": does not exist; check the path", error.getMessage());
  }

  @Test
  void sampled_fewerThanAll_keepsTheEndsAndAllTheWeight() throws IOException {
    Workload workload = read(GOOD.replace("step: 4", "step: 1")).workload();
    List<Instance> sampled = workload.sampled(3);
    assertEquals(List.of(1L, 5L, 9L), sampled.stream().map(i -> i.values().get(0)).toList());
    assertEquals(1.0, sampled.stream().mapToDouble(Instance::weight).sum(), 1e-12);
  }

  @Test
  void sampledTowardsShort_isDenserThere() throws IOException {
    Workload workload = read(GOOD.replace("step: 4", "step: 1")).workload();
    List<Instance> sampled = workload.sampledTowardsShort(3);
    assertEquals(List.of(1L, 4L, 9L), sampled.stream().map(i -> i.values().get(0)).toList());
    assertEquals(1.0, sampled.stream().mapToDouble(Instance::weight).sum(), 1e-12);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{trace: t.csv, column: c, from: 1, to: 9} | field 'variables.T.from' does not go with trace; leave out one of the two",
        "{trace: t.csv, column: c, weights: uniform} | field 'variables.T.weights' does not go with trace",
        "{values: [1, 2], to: 9} | field 'variables.T.to' does not go with values",
        "{from: 1, to: 9, count: c} | field 'variables.T.count' does not go with from",
        "{from: 1, to: 9, weights: {distribution: zipf, exponent: 1, mean: 4}} | field 'variables.T.weights.mean' does not go with zipf",
        "{from: 1, to: 9, weights: {distribution: normal, mean: 4, sigma: 1, median: 4}} | field 'variables.T.weights.median' does not go with normal",
        "{from: 1, to: 9, weights: {distribution: log-normal, median: 4, sigma: 1, mean: 4}} | field 'variables.T.weights.mean' does not go with log-normal"
      })
  void read_fieldThatWouldBeIgnored_isRefused(String values, String part) {
    String text = GOOD.replace("{from: 1, to: 9, step: 4}", values);
    UserError error = assertThrows(UserError.class, () -> read(text));
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }
}
