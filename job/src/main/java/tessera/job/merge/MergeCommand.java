package tessera.job.merge;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tessera.Count;
import tessera.storage.Place;

@Command(
    name = "merge",
    mixinStandardHelpOptions = true,
    description = {
      "Joins the runs and bundles of several hosts in one folder, from which tune --warm-from begins.",
      "Nothing there is overwritten, and what is there already is kept once. A bundle whose number is"
          + " taken gets the next; two unlike runs of one name are a mistake.",
      "",
      "Example: tessera merge host1/out host2/out --out all"
    })
public final class MergeCommand implements Callable<Integer> {
  @Parameters(
      arity = "1..*",
      paramLabel = "ROOT",
      description = "Folders that were the --out of tune: paths, or URIs such as hdfs://host/out.")
  private List<Place> roots;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "ROOT",
      description = "The folder that all are added to; it need not exist.")
  private Place out;

  @Override
  public Integer call() {
    Merge.Result result = new Merge(out).all(roots);
    System.out.println(
        "added "
            + Count.of(result.runs(), "run")
            + " and "
            + Count.of(result.bundles(), "bundle")
            + "; "
            + Count.of(result.grown(), "run")
            + " went on since they were added; already there: "
            + result.same());
    return 0;
  }
}
