package tessera.analysis.read;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import tessera.analysis.figures.CostModelFigures;
import tessera.analysis.figures.Known;
import tessera.job.spark.tables.RunTables;
import tessera.measure.Timing;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;

/** How right the cost model was. */
public final class CostModelReader {
  private final Source source;
  private final Log log;

  public CostModelReader(Source source, Log log) {
    this.source = source;
    this.log = log;
  }

  public Known<CostModelFigures> figures() {
    return source
        .run()
        .map(
            run ->
                new CostModelFigures(
                    predictions(),
                    log.rounds().stream().map(CostModelReader::score).toList(),
                    Known.not("runs of this version do not record what their trees decide by")));
  }

  private static CostModelFigures.Score score(Row row) {
    return new CostModelFigures.Score(
        row.getAs("search"),
        row.getAs("round"),
        row.getAs("held_out"),
        row.getAs("spearman"),
        row.getAs("prior_spearman"),
        row.getAs("top8_recall"));
  }

  private List<CostModelFigures.Prediction> predictions() {
    List<CostModelFigures.Prediction> all = new ArrayList<>();
    SearchSpace space = source.hardware().space(source.workload());
    for (RunTables.Logged logged : log.trials()) {
      if (logged.trial().isOk()) {
        for (Timing timing : logged.trial().timings()) {
          all.add(prediction(logged, timing, space));
        }
      }
    }
    return all;
  }

  private CostModelFigures.Prediction prediction(
      RunTables.Logged logged, Timing timing, SearchSpace space) {
    MicroKernel kernel = logged.trial().kernel();
    return new CostModelFigures.Prediction(
        logged.search(),
        logged.round(),
        logged.index(),
        kernel.family(),
        kernel.key(),
        words(timing),
        timing.seconds(source.target().peakGflops()),
        Known.not("runs of this version do not record what was predicted"),
        prior(kernel, timing, space));
  }

  private static String words(Timing timing) {
    return timing.problem().extents().entrySet().stream()
        .map(extent -> extent.getKey() + " " + extent.getValue())
        .collect(Collectors.joining(", "));
  }

  /** By today's constants. */
  private static Known<Double> prior(MicroKernel kernel, Timing timing, SearchSpace space) {
    if (!space.covers(kernel)) {
      return Known.not("this version of Tessera no longer has this micro-kernel");
    }
    KernelFamily family = space.family(kernel);
    return Known.of(
        family.tiling(kernel).adaptation(timing.problem().gemm(), 1).seconds(family.prior(kernel)));
  }
}
