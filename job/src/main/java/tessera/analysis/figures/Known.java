package tessera.analysis.figures;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a run or a bundle recorded, or why it is not known. In JSON it is the value, or null.
 *
 * @param why it is not known; empty where it is
 */
public record Known<T>(Optional<T> value, String why) {
  public static <T> Known<T> of(T value) {
    return new Known<>(Optional.of(value), "");
  }

  public static <T> Known<T> not(String why) {
    return new Known<>(Optional.empty(), why);
  }

  public static <T> Known<T> of(Optional<T> value, String otherwise) {
    return value.map(Known::of).orElseGet(() -> not(otherwise));
  }

  public boolean isKnown() {
    return value.isPresent();
  }

  /**
   * @throws java.util.NoSuchElementException where it is not known
   */
  public T get() {
    return value.orElseThrow();
  }

  public T orElse(T other) {
    return value.orElse(other);
  }

  public <R> Known<R> map(Function<T, R> of) {
    return new Known<>(value.map(of), why);
  }

  public <R> Known<R> then(Function<T, Known<R>> of) {
    return value.map(of).orElseGet(() -> not(why));
  }

  @JsonValue
  @SuppressWarnings("unused") // by the JSON library
  private Object json() {
    return value.orElse(null);
  }
}
