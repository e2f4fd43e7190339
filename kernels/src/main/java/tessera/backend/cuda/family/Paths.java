package tessera.backend.cuda.family;

import java.util.List;
import java.util.function.Predicate;
import tessera.operator.Numerics;
import tessera.operator.Problem;

/** Which functions of a micro-kernel are compiled: that for aligned operands, and that for any. */
public record Paths(boolean aligned, boolean any) {
  static final Paths BOTH = new Paths(true, true);

  /** What some problems take. */
  public static Paths of(Numerics numerics, List<Problem> problems) {
    Predicate<Problem> aligned = numerics::keepsAlignment;
    return new Paths(problems.stream().anyMatch(aligned), !problems.stream().allMatch(aligned));
  }

  /** The same with the function for aligned operands. */
  public Paths withAligned() {
    return new Paths(true, any);
  }
}
