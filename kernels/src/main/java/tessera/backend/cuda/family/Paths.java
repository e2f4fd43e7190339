package tessera.backend.cuda.family;

import java.util.List;
import java.util.function.Predicate;
import tessera.operator.GemmShape;
import tessera.workload.Workload;

/** Which functions of a micro-kernel are compiled: that for aligned operands, and that for any. */
public record Paths(boolean aligned, boolean any) {
  static final Paths BOTH = new Paths(true, true);

  /** What some shapes take. */
  public static Paths of(Workload workload, List<GemmShape> shapes) {
    Predicate<GemmShape> aligned =
        shape -> workload.numerics().keepsAlignment(workload.operator(), shape);
    return new Paths(shapes.stream().anyMatch(aligned), !shapes.stream().allMatch(aligned));
  }

  /** The same with the function for aligned operands. */
  public Paths withAligned() {
    return new Paths(true, any);
  }
}
