package tessera.runtime;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tessera.UserError;
import tessera.compile.ArtifactCache;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.compile.SourceUnit;
import tessera.compile.Template;
import tessera.dispatch.DecisionTree;
import tessera.operator.Axis;
import tessera.operator.Expression;
import tessera.workload.Workload;

/**
 * The C library of a bundle, whatever its target: micro-kernels, dispatcher and run-time in one
 * source file, and compiled.
 */
public final class ProgramSource {
  /**
   * Arithmetic as expressions have it: what does not fit into 64 bits is not defined, and division
   * rounds down. That of C rounds to zero, and ends the process where there is no quotient.
   */
  private static final String ARITHMETIC =
      """
      static inline int64_t tessera_add(int64_t a, int64_t b, int *defined) {
        int64_t sum = 0;
        if (__builtin_add_overflow(a, b, &sum)) *defined = 0;
        return sum;
      }

      static inline int64_t tessera_subtract(int64_t a, int64_t b, int *defined) {
        int64_t difference = 0;
        if (__builtin_sub_overflow(a, b, &difference)) *defined = 0;
        return difference;
      }

      static inline int64_t tessera_multiply(int64_t a, int64_t b, int *defined) {
        int64_t product = 0;
        if (__builtin_mul_overflow(a, b, &product)) *defined = 0;
        return product;
      }

      static inline int64_t tessera_floor_divide(int64_t a, int64_t b, int *defined) {
        if (b == 0 || (a == INT64_MIN && b == -1)) {
          *defined = 0;
          return 0;
        }
        return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
      }

      """;

  /** The function that dispatches calls with prepared weights, where that is one of its own. */
  public static final String PREPARED = "dispatch_prepared";

  private final Workload workload;
  private final String header = Template.resource(Bundle.class, "tessera.h");

  public ProgramSource(Workload workload) {
    this.workload = workload;
  }

  /**
   * The whole source.
   *
   * @param kernels the target's micro-kernels and their table, after what they include
   * @param plans the table of plans over them
   * @param dispatch one tree, or two: see {@link tessera.backend.LibraryBuilder}
   * @param program the target's part of the run-time
   */
  public String text(
      String kernels,
      String plans,
      List<DecisionTree> dispatch,
      String program,
      String id,
      String deviceKey) {
    return kernels
        + "\n"
        + plans
        + "\n"
        + dispatch.get(0).toC()
        + dispatch.stream().skip(1).map(tree -> tree.toC(PREPARED)).collect(Collectors.joining())
        + "\n"
        + ARITHMETIC
        + describe()
        + operandExtents()
        + constants(id, deviceKey)
        + program
        + Template.expanded(Bundle.class, "bundle.c");
  }

  /**
   * The extents of the kernels' matrices, from the values of the shape variables; 0 where one is
   * not defined.
   */
  private String describe() {
    StringBuilder text =
        new StringBuilder(
            "static int describe(const int64_t *shape, tessera_gemm *g) {\n  int defined = 1;\n  (void)shape;\n");
    for (Axis axis : Axis.values()) {
      text.append("  g->")
          .append(axis == Axis.BATCH ? "batch" : axis.key())
          .append(" = ")
          .append(extent(axis))
          .append(";\n");
    }
    return text.append("  return defined;\n}\n\n").toString();
  }

  private String extent(Axis axis) {
    return workload.operator().axes(axis).stream()
        .map(own -> inC(workload.extents().get(own)))
        .reduce((one, other) -> inC('*', one, other))
        .orElse("1");
  }

  /**
   * The extents of an operand, from the values of the shape variables; the first is 0 where one is
   * not defined.
   */
  private String operandExtents() {
    StringBuilder text =
        new StringBuilder(
            "static void operand_extents(const int64_t *shape, int operand, int64_t *extents) {\n"
                + "  int defined = 1;\n  (void)shape;\n  switch (operand) {\n");
    for (int i = 0; i < workload.operands().size(); i++) {
      List<Expression> extents = workload.operands().get(i).extents(workload.extents());
      text.append("    case ").append(i).append(":");
      for (int d = 0; d < extents.size(); d++) {
        text.append(" extents[").append(d).append("] = ").append(inC(extents.get(d))).append(";");
      }
      text.append(" break;\n");
    }
    return text.append("  }\n  if (!defined) extents[0] = 0;\n}\n\n").toString();
  }

  private String operandList() {
    return workload.operands().stream()
        .map(
            operand ->
                "{\""
                    + operand.name()
                    + "\", \""
                    + operand.type(workload.numerics()).key()
                    + "\", "
                    + operand.dimensions().size()
                    + "}")
        .collect(Collectors.joining(", "));
  }

  private String inC(Expression expression) {
    if (expression instanceof Expression.Binary both) {
      return inC(both.operator(), inC(both.left()), inC(both.right()));
    }
    return expression.print(name -> "shape[" + workload.variables().indexOf(name) + "]");
  }

  private static String inC(char operator, String left, String right) {
    String function =
        switch (operator) {
          case '+' -> "add";
          case '-' -> "subtract";
          case '*' -> "multiply";
          default -> "floor_divide";
        };
    return "tessera_" + function + "(" + left + ", " + right + ", &defined)";
  }

  private String constants(String id, String deviceKey) {
    StringBuilder variables = new StringBuilder();
    workload.variables().forEach(name -> variables.append('"').append(name).append("\", "));
    Map<String, String> constants = new LinkedHashMap<>();
    constants.put("PROGRAM_ID", '"' + id + '"');
    constants.put("PROGRAM_DEVICE", '"' + deviceKey + '"');
    constants.put("PROGRAM_RANK", "" + workload.variables().size());
    constants.put("PROGRAM_INPUT_BYTES", "" + workload.numerics().input().bytes());
    constants.put("PROGRAM_OUTPUT_BYTES", "" + workload.numerics().output().bytes());
    constants.put("PROGRAM_VARIABLES", variables.toString());
    constants.put("PROGRAM_OPERANDS", operandList());
    return Template.defines(constants) + "\n";
  }

  /**
   * The source, its header, the dispatcher, the Python module and the compiled library, by their
   * names in the bundle.
   *
   * @throws UserError when the C compiler refuses the source
   */
  public Map<String, byte[]> files(
      String source, DecisionTree dispatch, Builder compiler, List<String> flags) {
    String name = "tessera_" + workload.name().replaceAll("\\W", "_") + ".c";
    BuildResult built =
        compiler.build(new SourceUnit(name, Map.of(name, source, "tessera.h", header), flags));
    if (built.artifact().isEmpty()) {
      throw new UserError("the bundle's C library does not compile: " + built.message());
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("tessera.h", bytes(header));
    files.put(name, bytes(source));
    files.put("dispatch.c", bytes(dispatch.toC()));
    files.put("tessera.py", bytes(Template.resource(Bundle.class, "tessera.py")));
    files.put(Bundle.LIBRARY, ArtifactCache.read(built.artifact().orElseThrow()));
    return files;
  }

  /** A text file's content. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
