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
                    importance()));
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

  private Known<List<CostModelFigures.Importance>> importance() {
    List<CostModelFigures.Importance> all = new ArrayList<>();
    for (Row row : log.rounds()) {
      int field = row.fieldIndex("importance");
      if (row.isNullAt(field)) {
        return Known.not(
            "an older Tessera ran this, which did not record what its trees decide by");
      }
      row.<String, Double>getJavaMap(field)
          .forEach(
              (feature, share) ->
                  all.add(
                      new CostModelFigures.Importance(
                          row.getAs("search"), row.getAs("round"), feature, share)));
    }
    return Known.of(all);
  }

  private List<CostModelFigures.Prediction> predictions() {
    List<CostModelFigures.Prediction> all = new ArrayList<>();
    SearchSpace space = source.hardware().space(source.workload());
    for (RunTables.Logged logged : log.trials()) {
      if (logged.trial().isOk()) {
        for (int probe = 0; probe < logged.trial().timings().size(); probe++) {
          all.add(prediction(logged, probe, space));
        }
      }
    }
    return all;
  }

  private CostModelFigures.Prediction prediction(
      RunTables.Logged logged, int probe, SearchSpace space) {
    Timing timing = logged.trial().timings().get(probe);
    Known<RunTables.Predicted> predicted =
        logged.predicted().isEmpty()
            ? Known.not("an older Tessera ran this, which did not record what was predicted")
            : Known.of(logged.predicted().get(probe));
    MicroKernel kernel = logged.trial().kernel();
    return new CostModelFigures.Prediction(
        logged.search(),
        logged.round(),
        logged.index(),
        kernel.family(),
        logged.name(),
        words(timing),
        timing.seconds(source.target().peakGflops()),
        predicted.map(RunTables.Predicted::seconds),
        predicted.isKnown()
            ? predicted.map(RunTables.Predicted::priorSeconds)
            : prior(kernel, timing, space));
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
