package tessera.workload;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tessera.UserError;
import tessera.operator.DataType;
import tessera.operator.Epilogue;
import tessera.operator.Expression;
import tessera.operator.Numerics;
import tessera.operator.Operand;
import tessera.operator.Operator;
import tessera.operator.Precision;
import tessera.operator.Problem;
import tessera.storage.Place;
import tessera.workload.trace.Trace;
import tessera.workload.trace.TraceChoice;
import tessera.workload.trace.TraceReader;

/** Reads workload files; {@code conf/workload.schema.json} describes them for editors. */
public final class WorkloadFile {
  private static final Set<String> FIELDS =
      Set.of(
          "name",
          "operator",
          "dtype",
          "output",
          "precision",
          "epilogue",
          "prepare",
          "extents",
          "variables",
          "instances",
          "weights",
          "samples",
          "budget",
          "target");
  private static final int DEFAULT_SAMPLES = 16;

  private static final String DEFAULT_TARGET = "cpu";

  /**
   * What a file asks for.
   *
   * @param effort the file's, or the least that has as many trials as the file gives
   * @param target the key of the kind of hardware to tune for
   * @param trace what the workload's instances were taken from in place of the file
   */
  public record Request(
      Workload workload, Effort effort, Budget budget, String target, Optional<Trace> trace) {}

  private final Place file;
  private final Place content;
  private final TraceReader traces;
  private final Optional<TraceChoice> instead;
  private final List<? extends TargetKind> targets;

  /** What becomes of weights where the file does not say it and the target has a choice. */
  private final Preparation unsaid;

  private WorkloadFile(
      Place file,
      Place content,
      TraceReader traces,
      Optional<TraceChoice> instead,
      List<? extends TargetKind> targets,
      Preparation unsaid) {
    this.file = file;
    this.content = content;
    this.traces = traces;
    this.instead = instead;
    this.targets = targets;
    this.unsaid = unsaid;
  }

  /**
   * @param targets the kinds of hardware that a file can ask for
   * @throws UserError naming file, line and field for everything that does not fit
   */
  public static Request read(Place file, TraceReader traces, List<? extends TargetKind> targets) {
    return read(file, traces, Optional.empty(), targets);
  }

  /**
   * As {@link #read(Place, TraceReader, List)}.
   *
   * @param instead a trace in place of the file's values and weights, which are not looked at
   */
  public static Request read(
      Place file,
      TraceReader traces,
      Optional<TraceChoice> instead,
      List<? extends TargetKind> targets) {
    return new WorkloadFile(file, file, traces, instead, targets, Preparation.USUAL).request();
  }

  /**
   * A copy of a workload file, read as if it still lay where the original was.
   *
   * @param instead a trace in place of the file's values and weights
   * @param unsaid what becomes of weights where the file does not say it and the target has a
   *     choice
   */
  public static Request readCopy(
      Place original,
      Place copy,
      TraceReader traces,
      Optional<TraceChoice> instead,
      List<? extends TargetKind> targets,
      Preparation unsaid) {
    return new WorkloadFile(original, copy, traces, instead, targets, unsaid).request();
  }

  private Request request() {
    YamlField root = new YamlField(file.toString(), "", new YamlText(file, content).node());
    Map<String, YamlField> fields = root.map(FIELDS);
    Operator operator = root.required(fields, "operator").at(Operators::of);
    Epilogue epilogue =
        fields.containsKey("epilogue") ? fields.get("epilogue").at(Epilogue::of) : Epilogue.NONE;
    String asked = fields.containsKey("target") ? fields.get("target").text() : DEFAULT_TARGET;
    TargetKind target =
        targets.stream()
            .filter(kind -> kind.key().equals(asked))
            .findFirst()
            .orElseThrow(() -> noTarget(fields, asked));
    if (!target.takes(operator)) {
      throw fields
          .get("operator")
          .sentence(
              operator.key()
                  + " has operands that no micro-kernel of target "
                  + target.key()
                  + " can read; name another operator or target");
    }
    Shapes shapes = new Shapes(root, fields, file, traces, instead);
    Map<String, Expression> extents = extents(root.required(fields, "extents"), operator, shapes);
    Workload workload =
        new Workload(
            name(fields),
            operator,
            numerics(fields, target),
            epilogue,
            preparation(fields, target),
            shapes.names(),
            extents,
            shapes.instances(),
            fields.containsKey("samples")
                ? (int) Math.min(10_000, fields.get("samples").positive())
                : DEFAULT_SAMPLES);
    checkShapes(fields.get("extents"), workload);
    workload = checkPreparation(fields, workload);
    Asked budget = fields.containsKey("budget") ? budget(fields.get("budget")) : Asked.DEFAULT;
    return new Request(workload, budget.effort(), budget.budget(), target.key(), shapes.trace());
  }

  private UserError noTarget(Map<String, YamlField> fields, String asked) {
    List<String> keys = targets.stream().map(TargetKind::key).toList();
    return fields
        .get("target")
        .error("must be one of " + keys + ", not " + UserError.quoted(asked));
  }

  private String name(Map<String, YamlField> fields) {
    if (fields.containsKey("name")) {
      String name = fields.get("name").text();
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
        throw fields
            .get("name")
            .error(
                "must be 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first, not "
                    + UserError.quoted(name));
      }
      return name;
    }
    return nameOf(file.name());
  }

  /** A file's name as that of a workload, which names folders too. */
  private static String nameOf(String fileName) {
    String name =
        fileName
            .replaceFirst("\\.ya?ml$", "")
            .replaceAll("[^A-Za-z0-9._-]", "-")
            .replaceFirst("^[._-]+", "");
    return name.isEmpty() ? "workload" : name.substring(0, Math.min(64, name.length()));
  }

  private Numerics numerics(Map<String, YamlField> fields, TargetKind target) {
    DataType input =
        fields.containsKey("dtype") ? fields.get("dtype").at(DataType::of) : DataType.FLOAT32;
    DataType output = fields.containsKey("output") ? fields.get("output").at(DataType::of) : input;
    Precision precision =
        fields.containsKey("precision")
            ? fields.get("precision").at(Precision::of)
            : Precision.FLOAT32;
    Numerics numerics =
        Stream.of("precision", "output", "dtype")
            .filter(fields::containsKey)
            .findFirst()
            .map(key -> fields.get(key).at(text -> new Numerics(input, output, precision)))
            .orElse(Numerics.FLOAT32);
    if (!target.takes(numerics)) {
      String named =
          List.of("dtype", "output", "precision").stream()
              .filter(key -> fields.containsKey(key) && !fields.get(key).text().equals("float32"))
              .findFirst()
              .orElseThrow();
      throw fields.get(named).error("must be float32 on target " + target.key() + remedy(numerics));
    }
    return numerics;
  }

  private Preparation preparation(Map<String, YamlField> fields, TargetKind target) {
    if (!fields.containsKey("prepare")) {
      return target.choosesPreparation() ? unsaid : Preparation.NEVER;
    }
    if (!target.choosesPreparation()) {
      throw fields
          .get("prepare")
          .error(
              "is no choice on target "
                  + target.key()
                  + ", whose bundles prepare weights where their kernels read them so; leave it out");
    }
    return fields.get("prepare").at(Preparation::of);
  }

  /** Weights that vary cannot be prepared, which is a mistake only where it was asked for. */
  private static Workload checkPreparation(Map<String, YamlField> fields, Workload workload) {
    if (workload.prepare() == Preparation.NEVER || workload.hasConstantWeights()) {
      return workload;
    }
    if (fields.containsKey("prepare")) {
      Operand second = workload.operator().operands().get(1);
      throw fields
          .get("prepare")
          .sentence(
              second.role() == Operand.Role.WEIGHT
                  ? "weights are prepared once for all shapes, so no shape variable may change their extents; leave prepare out, or fix the extents of "
                      + second.name()
                  : workload.operator() + " has no weights to prepare; leave prepare out");
    }
    return workload.preparing(Preparation.NEVER);
  }

  /** Another target that takes what this one does not. */
  private String remedy(Numerics numerics) {
    return targets.stream()
        .filter(other -> other.takes(numerics))
        .findFirst()
        .map(other -> "; add target: " + other.key() + " for others")
        .orElse("");
  }

  private Map<String, Expression> extents(YamlField field, Operator operator, Shapes shapes) {
    Map<String, YamlField> fields = field.map(Set.copyOf(operator.axes()));
    Map<String, Expression> extents = new LinkedHashMap<>();
    for (String axis : operator.axes()) {
      YamlField extent = field.required(fields, axis);
      Expression expression = extent.at(Expression::parse);
      for (String variable : expression.variables()) {
        if (!shapes.names().contains(variable)) {
          throw extent.sentence(
              "the variable '" + variable + "' is not declared; add it under variables");
        }
      }
      extents.put(axis, expression);
    }
    if (file.equals(content)) {
      refuseUnused(field, shapes, extents);
    }
    return extents;
  }

  /** A run's copy may have some: it was begun when nobody looked. */
  private static void refuseUnused(
      YamlField field, Shapes shapes, Map<String, Expression> extents) {
    for (String variable : shapes.names()) {
      if (extents.values().stream().noneMatch(e -> e.variables().contains(variable))) {
        throw field.error(
            "leaves out the variable '"
                + variable
                + "'; use it in an extent, or remove it from variables");
      }
    }
  }

  private static void checkShapes(YamlField extents, Workload workload) {
    for (Instance instance : workload.instances()) {
      Problem problem = problem(extents, workload, instance);
      if (!problem.isAddressable()) {
        throw extents.sentence(
            with(workload, instance)
                + "the operands "
                + problem.gemm()
                + " take more bytes than any memory has; give smaller extents");
      }
    }
  }

  private static Problem problem(YamlField extents, Workload workload, Instance instance) {
    try {
      return workload.problem(instance.shape());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw extents.sentence(
          with(workload, instance)
              + "the extents are not all positive integers ("
              + e.getMessage()
              + "); change extents or variables");
    }
  }

  private static String with(Workload workload, Instance instance) {
    return "with " + workload.variables() + " = " + instance.values() + " ";
  }

  /** An effort, and the budget that may be another than its own. */
  private record Asked(Effort effort, Budget budget) {
    static final Asked DEFAULT = new Asked(Effort.FULL, Effort.FULL.budget());
  }

  private static Asked budget(YamlField field) {
    Map<String, YamlField> fields = field.map(Set.of("trials", "seconds", "effort"));
    Optional<Effort> named = Optional.ofNullable(fields.get("effort")).map(f -> f.at(Effort::of));
    Budget base = named.orElse(Effort.FULL).budget();
    int trials =
        fields.containsKey("trials")
            ? (int) Math.min(1_000_000, fields.get("trials").positive())
            : base.trials();
    double seconds =
        fields.containsKey("seconds") ? fields.get("seconds").positiveNumber() : base.seconds();
    return new Asked(
        named.orElseGet(() -> Effort.fitting(trials)),
        new Budget(trials, Math.min(Budget.MOST_SECONDS, seconds)));
  }

  /** A list of fields' values as positive integers. */
  static List<Long> positives(YamlField field) {
    List<Long> values = new ArrayList<>();
    field.list().forEach(item -> values.add(item.positive()));
    if (values.isEmpty()) {
      throw field.error("is empty; list at least one positive integer");
    }
    return values;
  }
}
