package tessera.job.search;

import java.util.List;
import tessera.cost.CostModel;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;

/** Decides which candidates are worth measuring. */
public interface Strategy {
  /**
   * At most {@code count} candidates that were not proposed before; fewer when the space is
   * exhausted.
   */
  List<MicroKernel> propose(int count, CostModel model);

  /** Learns what became of candidates, proposed by itself or in a run that is resumed. */
  void measured(List<Trial> trials);
}
