package tessera.workload;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tessera.UserError;

/** How often each value of a shape variable occurs: equal, listed, or from a distribution. */
final class Weights {
  private Weights() {}

  static List<Double> of(Optional<YamlField> field, List<Long> values) {
    if (field.isEmpty()) {
      return Collections.nCopies(values.size(), 1.0);
    }
    YamlField weights = field.get();
    if (weights.isList()) {
      return listed(weights, values.size());
    }
    if (weights.isMap()) {
      List<Double> distributed = distributed(weights, values);
      if (distributed.stream().noneMatch(weight -> weight > 0)) {
        throw weights.error("is 0 for every value; give a distribution that lies among the values");
      }
      return distributed;
    }
    if (weights.text().equals("uniform")) {
      return Collections.nCopies(values.size(), 1.0);
    }
    throw weights.error(
        "must be uniform, a list, or a mapping with a distribution, not "
            + UserError.quoted(weights.text()));
  }

  private static List<Double> listed(YamlField weights, int count) {
    List<Double> listed = new ArrayList<>();
    weights.list().forEach(item -> listed.add(item.positiveNumber()));
    if (listed.size() != count) {
      throw weights.error(
          "has " + listed.size() + " entries for " + count + " values; give one each");
    }
    return listed;
  }

  private static List<Double> distributed(YamlField weights, List<Long> values) {
    Map<String, YamlField> fields =
        weights.map(Set.of("distribution", "median", "sigma", "mean", "exponent"));
    YamlField kind = weights.required(fields, "distribution");
    return switch (kind.text()) {
      case "log-normal" -> {
        YamlField.allowBeside("log-normal", Set.of("distribution", "median", "sigma"), fields);
        double median = weights.required(fields, "median").positiveNumber();
        double sigma = weights.required(fields, "sigma").positiveNumber();
        yield values.stream()
            .map(v -> Math.exp(-0.5 * square(Math.log(v / median) / sigma)) / v)
            .toList();
      }
      case "normal" -> {
        YamlField.allowBeside("normal", Set.of("distribution", "mean", "sigma"), fields);
        double mean = weights.required(fields, "mean").positiveNumber();
        double sigma = weights.required(fields, "sigma").positiveNumber();
        yield values.stream().map(v -> Math.exp(-0.5 * square((v - mean) / sigma))).toList();
      }
      case "zipf" -> {
        YamlField.allowBeside("zipf", Set.of("distribution", "exponent"), fields);
        double exponent = weights.required(fields, "exponent").positiveNumber();
        yield values.stream().map(v -> Math.pow(v, -exponent)).toList();
      }
      default ->
          throw kind.error(
              "must be log-normal, normal or zipf, not " + UserError.quoted(kind.text()));
    };
  }

  private static double square(double x) {
    return x * x;
  }
}
