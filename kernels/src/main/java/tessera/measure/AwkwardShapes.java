package tessera.measure;

import java.util.ArrayList;
import java.util.List;
import tessera.workload.Axis;
import tessera.workload.GemmShape;
import tessera.workload.Workload;

/**
 * The shapes that a micro-kernel must be right on before it is timed: small, with ragged edges, all
 * but the last of odd lengths.
 */
public final class AwkwardShapes {
  /** A float64 reference takes milliseconds up to here. */
  private static final double MOST_FLOPS = 8e8;

  private static final long[] M = {1, 37, 203, 70};
  private static final long[] N = {3, 61, 130, 136};
  private static final long[] K = {1, 19, 277, 264};
  private static final long BATCH = 2;

  private AwkwardShapes() {}

  /** Checks with the workload's fixed extents, in one, two and more parts; at least one. */
  public static List<WorkerRequest.Check> of(Workload workload) {
    List<WorkerRequest.Check> checks = new ArrayList<>();
    for (int i = 0; i < M.length; i++) {
      GemmShape shape =
          new GemmShape(
              workload.extentOr(Axis.BATCH, BATCH),
              workload.extentOr(Axis.M, M[i]),
              workload.extentOr(Axis.N, N[i]),
              workload.extentOr(Axis.K, K[i]));
      if (i == 0 || shape.flops() <= MOST_FLOPS) {
        checks.add(new WorkerRequest.Check(shape, i + 1));
      }
    }
    return checks;
  }
}
