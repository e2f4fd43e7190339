package tessera.microkernel;

import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * One number that the learned cost model sees of a micro-kernel.
 *
 * @param name the feature's name; features of one name mean the same in every family
 * @param value the feature's value for a micro-kernel that the family has read as {@code T}
 */
public record Feature<T>(String name, ToDoubleFunction<T> value) {
  /** A feature that is 1 where a condition holds and 0 elsewhere. */
  public static <T> Feature<T> flag(String name, Predicate<T> condition) {
    return new Feature<>(name, tile -> condition.test(tile) ? 1 : 0);
  }

  /** The binary logarithm of a number that grows by factors. */
  public static <T> Feature<T> log2(String name, ToDoubleFunction<T> value) {
    return new Feature<>(name, tile -> Math.log(value.applyAsDouble(tile)) / Math.log(2));
  }
}
