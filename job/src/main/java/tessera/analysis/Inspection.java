package tessera.analysis;

import java.util.List;
import tessera.analysis.figures.CostModelFigures;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.PortfolioKernel;
import tessera.analysis.figures.SearchProgress;
import tessera.analysis.figures.Speeds;

/** What {@code inspect --json} gives of a run or a bundle. */
public record Inspection(
    Headline headline,
    Known<Speeds> speeds,
    Known<List<PortfolioKernel>> portfolio,
    Known<SearchProgress> progress,
    Known<List<CostModelFigures.Score>> costModel) {
  public static Inspection of(Recording recording) {
    return new Inspection(
        recording.headline(),
        recording.speeds(),
        recording.portfolio(),
        recording.progress(),
        recording.costModel().map(CostModelFigures::scores));
  }
}
