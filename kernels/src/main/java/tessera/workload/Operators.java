package tessera.workload;

import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tessera.UserError;
import tessera.operator.Operator;

/** All operators that are on the class path: those that are shipped, then those of providers. */
final class Operators {
  private static final List<Operator> ALL =
      Stream.concat(Operator.SHIPPED.stream(), provided()).toList();

  private Operators() {}

  private static Stream<Operator> provided() {
    return ServiceLoader.load(OperatorProvider.class, Operators.class.getClassLoader()).stream()
        .flatMap(provider -> provider.get().operators().stream());
  }

  /**
   * The operator of a key.
   *
   * @throws UserError where there is none, or more than one
   */
  static Operator of(String key) {
    return of(key, ALL);
  }

  /** That among some. */
  static Operator of(String key, List<Operator> among) {
    List<Operator> named = among.stream().filter(operator -> operator.key().equals(key)).toList();
    return switch (named.size()) {
      case 1 -> named.get(0);
      case 0 -> throw unknown(key, among);
      default -> throw ambiguous(key, named.size());
    };
  }

  private static UserError unknown(String key, List<Operator> among) {
    String known = among.stream().map(Operator::key).collect(Collectors.joining(", "));
    return new UserError(
        "operator "
            + UserError.quoted(key)
            + " is unknown; it is one of "
            + known
            + ", or a jar with it must be on the class path");
  }

  private static UserError ambiguous(String key, int count) {
    return new UserError(
        "operator "
            + UserError.quoted(key)
            + " is on the class path "
            + count
            + " times; leave out the jars that have it again");
  }
}
