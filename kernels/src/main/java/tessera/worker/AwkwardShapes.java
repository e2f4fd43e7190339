package tessera.worker;

import java.util.ArrayList;
import java.util.List;
import tessera.operator.Axis;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.workload.Workload;

/**
 * The shapes that a micro-kernel must be right on before it is timed: with ragged edges, all but
 * the last of odd lengths, and larger than any tile on each side that varies, as far as there is
 * time.
 */
public final class AwkwardShapes {
  private static final long[] M = {1, 37, 203, 331, 5, 70};
  private static final long[] N = {3, 61, 131, 23, 299, 136};
  private static final long[] K = {1, 19, 277, 41, 33, 264};
  private static final long BATCH = 2;

  private AwkwardShapes() {}

  /**
   * Checks with the workload's fixed extents; at least one.
   *
   * @param mostFlops of a check, for whose float64 reference there is time
   */
  public static List<WorkerRequest.Check> of(Workload workload, double mostFlops) {
    List<WorkerRequest.Check> checks = new ArrayList<>();
    for (int i = 0; i < M.length; i++) {
      GemmShape shape =
          new GemmShape(
              workload.extentOr(Axis.BATCH, BATCH),
              workload.extentOr(Axis.M, M[i]),
              workload.extentOr(Axis.N, N[i]),
              workload.extentOr(Axis.K, K[i]));
      if (i == 0 || shape.flops() <= mostFlops) {
        checks.add(new WorkerRequest.Check(Problem.of(workload.operator(), shape), i + 1));
      }
    }
    return checks;
  }
}
