package tessera.workload;

import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tessera.UserError;
import tessera.storage.Place;
import tessera.workload.trace.Trace;
import tessera.workload.trace.TraceChoice;
import tessera.workload.trace.TraceReader;

/** The shape variables of a workload file and the weighted instances that they span. */
final class Shapes {
  private static final int MOST_INSTANCES = 1_000_000;

  private final Place file;
  private final TraceReader traces;
  private final List<String> names = new ArrayList<>();
  private final List<Instance> instances;
  private final Optional<Trace> trace;

  /**
   * @param instead what the instances are taken from in place of the file
   */
  Shapes(
      YamlField root,
      Map<String, YamlField> fields,
      Place file,
      TraceReader traces,
      Optional<TraceChoice> instead) {
    this.file = file;
    this.traces = traces;
    if (instead.isPresent()) {
      declare(fields);
      trace = Optional.of(instead.get().read(traces, names));
      instances = instances(trace.get());
      return;
    }
    trace = Optional.empty();
    if (fields.containsKey("instances")) {
      instances = listed(root, fields);
    } else {
      instances =
          fields.containsKey("variables")
              ? spanned(fields.get("variables"))
              : List.of(new Instance(List.of(), 1));
      if (fields.containsKey("weights")) {
        throw fields
            .get("weights")
            .error("goes with instances; give a variable its own weights under variables");
      }
    }
  }

  List<String> names() {
    return names;
  }

  List<Instance> instances() {
    return instances;
  }

  /** What the instances were taken from in place of the file. */
  Optional<Trace> trace() {
    return trace;
  }

  /** The variables alone. */
  private void declare(Map<String, YamlField> fields) {
    YamlField variables = fields.get("variables");
    if (variables != null && variables.isList()) {
      variables.list().forEach(field -> declare(field, field.text()));
    } else if (variables != null) {
      variables.map().forEach((name, field) -> declare(field, name));
    }
  }

  private static List<Instance> instances(Trace trace) {
    List<Instance> instances = new ArrayList<>();
    trace.counts().forEach((shape, count) -> instances.add(new Instance(shape, count)));
    return instances;
  }

  private List<Instance> listed(YamlField root, Map<String, YamlField> fields) {
    root.required(fields, "variables").list().forEach(field -> declare(field, field.text()));
    List<YamlField> rows = fields.get("instances").list();
    List<Double> weights = new ArrayList<>();
    if (fields.containsKey("weights")) {
      fields.get("weights").list().forEach(weight -> weights.add(weight.positiveNumber()));
      if (weights.size() != rows.size()) {
        throw fields
            .get("weights")
            .error(
                "has "
                    + weights.size()
                    + " entries for "
                    + rows.size()
                    + " instances; give one each");
      }
    }
    List<Instance> listed = new ArrayList<>();
    for (YamlField row : rows) {
      List<Long> values = WorkloadFile.positives(row);
      if (values.size() != names.size()) {
        throw row.error(
            "has " + values.size() + " values for the variables " + names + "; give one each");
      }
      listed.add(new Instance(values, weights.isEmpty() ? 1 : weights.get(listed.size())));
    }
    return listed;
  }

  private List<Instance> spanned(YamlField field) {
    List<Instance> spanned = List.of(new Instance(List.of(), 1));
    for (Map.Entry<String, YamlField> variable : field.map().entrySet()) {
      declare(variable.getValue(), variable.getKey());
      SortedMap<Long, Double> values = values(variable.getValue());
      if ((long) spanned.size() * values.size() > MOST_INSTANCES) {
        throw variable
            .getValue()
            .error("makes more than " + MOST_INSTANCES + " instances; give a step or a list");
      }
      spanned = product(variable.getValue(), spanned, values);
    }
    return spanned;
  }

  private static List<Instance> product(
      YamlField field, List<Instance> left, SortedMap<Long, Double> right) {
    List<Instance> all = new ArrayList<>();
    for (Instance instance : left) {
      right.forEach(
          (value, weight) -> {
            List<Long> values = new ArrayList<>(instance.values());
            values.add(value);
            all.add(new Instance(values, weight(field, instance.weight() * weight)));
          });
    }
    return all;
  }

  private static double weight(YamlField field, double product) {
    if (Double.isInfinite(product)) {
      throw field.error(
          "has weights whose products are too large for a float64; give smaller ones");
    }
    return product;
  }

  private void declare(YamlField field, String name) {
    if (!name.matches("[A-Za-z_]\\w{0,31}")) {
      throw field.sentence(
          UserError.quoted(name)
              + " is no variable name; use at most 32 letters, digits and '_', no digit first");
    }
    if (names.contains(name)) {
      throw field.sentence("the variable '" + name + "' is declared twice; keep one");
    }
    names.add(name);
  }

  private SortedMap<Long, Double> values(YamlField field) {
    SortedMap<Long, Double> values = new TreeMap<>();
    if (field.isList()) {
      WorkloadFile.positives(field).forEach(value -> values.merge(value, 1.0, Double::sum));
      return values;
    }
    Map<String, YamlField> fields =
        field.map(Set.of("from", "to", "step", "values", "weights", "trace", "column", "count"));
    if (fields.containsKey("trace")) {
      YamlField.allowBeside("trace", Set.of("trace", "column", "count"), fields);
      return traced(field, fields);
    }
    List<Long> listed = fields.containsKey("values") ? listedValues(fields) : range(field, fields);
    List<Double> weights = Weights.of(Optional.ofNullable(fields.get("weights")), listed);
    for (int i = 0; i < listed.size(); i++) {
      values.merge(listed.get(i), weights.get(i), Double::sum);
    }
    return values;
  }

  private static List<Long> listedValues(Map<String, YamlField> fields) {
    YamlField.allowBeside("values", Set.of("values", "weights"), fields);
    return WorkloadFile.positives(fields.get("values"));
  }

  private static List<Long> range(YamlField field, Map<String, YamlField> fields) {
    long from = field.required(fields, "from").positive();
    long to = field.required(fields, "to").positive();
    YamlField.allowBeside("from", Set.of("from", "to", "step", "weights"), fields);
    long step = fields.containsKey("step") ? fields.get("step").positive() : 1;
    if (to < from) {
      throw fields
          .get("to")
          .error("is " + to + ", less than from, which is " + from + "; exchange them");
    }
    if ((to - from) / step >= MOST_INSTANCES) {
      throw field.error("has more than " + MOST_INSTANCES + " values; give a larger step");
    }
    List<Long> values = new ArrayList<>();
    for (long value = from; value <= to; value += step) {
      values.add(value);
    }
    return values;
  }

  private SortedMap<Long, Double> traced(YamlField field, Map<String, YamlField> fields) {
    YamlField trace = fields.get("trace");
    Place parent = file.absolute().parent().orElseThrow();
    Optional<String> count = Optional.ofNullable(fields.get("count")).map(YamlField::text);
    String column = field.required(fields, "column").text();
    return trace.at(text -> traces.read(resolved(parent, text), column, count));
  }

  private static Place resolved(Place parent, String text) {
    try {
      return Place.of(parent, text);
    } catch (InvalidPathException e) {
      throw new UserError(
          UserError.quoted(text) + " is no file name here (" + e.getReason() + "); rename the file",
          e);
    }
  }
}
