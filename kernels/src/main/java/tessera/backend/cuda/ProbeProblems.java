package tessera.backend.cuda;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tessera.backend.cuda.tile.Grid;
import tessera.operator.Axis;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.operator.Rounding;
import tessera.workload.Instance;
import tessera.workload.Workload;

/** The problems on which a GPU micro-kernel is timed before it is known what it is good for. */
final class ProbeProblems {
  /* Probes as the layers of a network are, where the workload leaves an extent open. */
  private static final Usual LAYER = new Usual(1, 4096, 2048, 768);
  private static final Usual ATTENTION_HEADS = new Usual(192, 256, 128, 96);

  /** Extents that a workload leaves open, and the most rows. */
  private record Usual(long batch, long mostM, long n, long k) {}

  private ProbeProblems() {}

  /**
   * Whole tiles: two waves and more (three of persistent blocks), one wave, one tile; of attention
   * as many rows as it has columns, and one tile. Where k varies, a longer reduction too. Rows are
   * as aligned as those of most instances.
   */
  static List<Problem> of(Workload workload, Grid grid) {
    boolean layer = !workload.operator().isBatched();
    Usual usual = layer ? LAYER : ATTENTION_HEADS;
    long batch = workload.extentOr(Axis.BATCH, usual.batch());
    int odd = isMostlyAligned(workload) ? 0 : 1;
    long n = workload.extentOr(Axis.N, Rounding.roundUp(usual.n(), grid.tileN()) - odd);
    long k = workload.extentOr(Axis.K, usual.k() - odd);
    double wave =
        (double) grid.slots() / grid.clusterBlocks() / batch / Rounding.divideUp(n, grid.tileN());
    double square = (double) n / grid.tileM();
    boolean several =
        grid.schedule() == Grid.Schedule.PERSISTENT || grid.schedule() == Grid.Schedule.PING_PONG;
    double waves = several ? 3 : 2;
    List<Double> tiles = layer ? List.of(waves * wave, wave, 0.0) : List.of(square, 0.0);
    Set<GemmShape> probes = new LinkedHashSet<>();
    for (double high : tiles) {
      probes.add(new GemmShape(batch, rows(workload, grid, usual, high), n, k));
    }
    if (workload.staticExtent(Axis.K) == 0) {
      probes.add(
          new GemmShape(batch, rows(workload, grid, usual, tiles.get(1)), n, 4 * usual.k() - odd));
    }
    return probes.stream().map(probe -> Problem.of(workload.operator(), probe)).toList();
  }

  private static boolean isMostlyAligned(Workload workload) {
    double aligned =
        workload.instances().stream()
            .filter(i -> workload.numerics().keepsAlignment(workload.problem(i.shape())))
            .mapToDouble(Instance::weight)
            .sum();
    return aligned >= 0.5;
  }

  /** Whole tiles, at least one. */
  private static long rows(Workload workload, Grid grid, Usual usual, double tiles) {
    long most = Math.max(1, usual.mostM() / grid.tileM());
    return workload.extentOr(
        Axis.M, grid.tileM() * Math.max(1, Math.min(most, (long) Math.ceil(tiles))));
  }
}
