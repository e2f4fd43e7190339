package tessera.analysis.read;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import tessera.Json;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.Speeds;
import tessera.backend.Target;
import tessera.job.records.RunResult;
import tessera.runtime.BundleManifest;
import tessera.workload.WorkloadSpec;

/** The figures that a run or a bundle is judged by. */
public final class HeadlineReader {
  private static final String VENDOR = "vendor";

  private final Source source;
  private final Log log;

  public HeadlineReader(Source source, Log log) {
    this.source = source;
    this.log = log;
  }

  public Headline headline(Known<Speeds> speeds) {
    return new Headline(
        source.title(),
        state(),
        workload(),
        source.run().map(HeadlineReader::run),
        source.bundle().map(HeadlineReader::bundle),
        speeds.then(all -> against(beside(all, shape -> !shape.liesBeyond()))),
        speeds.then(this::beyond),
        source.run().then(Source.Run::result).map(RunResult::seconds),
        outcomes(),
        source.bundle().map(bundle -> bundle.manifest().kernels().size()),
        source.run().then(Source.Run::result).then(HeldOutBand::of),
        hardware(source.target()),
        source.bundle().map(bundle -> new TreeMap<>(bundle.manifest().tools())),
        log.policy());
  }

  private Headline.State state() {
    if (source.bundle().isKnown()) {
      return Headline.State.DELIVERED;
    }
    if (log.trials().isEmpty()) {
      return Headline.State.EMPTY;
    }
    return log.trials().stream().anyMatch(logged -> logged.trial().isOk())
        ? Headline.State.INTERRUPTED
        : Headline.State.ALL_FAILED;
  }

  private Headline.WorkloadWords workload() {
    WorkloadSpec spec = WorkloadSpec.of(source.workload());
    return new Headline.WorkloadWords(
        spec.name(),
        spec.operator(),
        spec.numerics().words(),
        spec.epilogue(),
        spec.variables(),
        new TreeMap<>(spec.extents()));
  }

  private static Headline.RunWords run(Source.Run run) {
    return new Headline.RunWords(
        run.folder().path().toString(),
        run.settings().strategy().key(),
        run.settings().effort().key(),
        run.settings().budget().trials(),
        run.settings().budget().seconds(),
        run.settings().seed(),
        run.settings().threads());
  }

  private static Headline.BundleWords bundle(Source.Published bundle) {
    BundleManifest manifest = bundle.manifest();
    return new Headline.BundleWords(
        bundle.folder().toString(),
        manifest.id(),
        manifest.created(),
        manifest.plans().size(),
        bundle.dispatch().leaves(),
        bundle.dispatch().depth());
  }

  private Known<Headline.Against> beyond(Speeds speeds) {
    return speeds.dispatched().stream().noneMatch(Speeds.Dispatched::liesBeyond)
        ? Known.not("the bundle was not timed beyond the range that was asked for")
        : against(beside(speeds, Speeds.Dispatched::liesBeyond));
  }

  private static List<Speeds.Dispatched> beside(
      Speeds speeds, Predicate<Speeds.Dispatched> wanted) {
    return speeds.dispatched().stream()
        .filter(wanted)
        .filter(shape -> shape.vendorSeconds().isKnown())
        .toList();
  }

  private Known<Headline.Against> against(List<Speeds.Dispatched> beside) {
    if (beside.isEmpty()) {
      return Known.not("no vendor's library was timed beside the bundle");
    }
    Speeds.Dispatched worst =
        beside.stream().min(Comparator.comparingDouble(HeadlineReader::ratio)).orElseThrow();
    return Known.of(
        new Headline.Against(
            source.bundle().get().manifest().tools().getOrDefault(VENDOR, ""),
            Ratios.weighted(
                beside,
                HeadlineReader::weight,
                shape -> shape.vendorSeconds().get(),
                Speeds.Dispatched::seconds),
            Ratios.geometricMean(beside, HeadlineReader::ratio),
            ratio(worst),
            worst.shape(),
            beside.size()));
  }

  private static double ratio(Speeds.Dispatched shape) {
    return shape.vendorSeconds().get() / shape.seconds();
  }

  private static Known<Double> weight(Speeds.Dispatched shape) {
    return shape.liesBeyond() && shape.weight().isKnown()
        ? Known.not("shapes beyond the range that was asked for have no weight")
        : shape.weight();
  }

  private Known<Map<String, Long>> outcomes() {
    return source
        .run()
        .map(
            run ->
                log.trials().stream()
                    .collect(
                        Collectors.groupingBy(
                            logged -> logged.trial().outcome().name(),
                            TreeMap::new,
                            Collectors.counting())));
  }

  @SuppressWarnings("unchecked")
  private static Headline.HardwareWords hardware(Target target) {
    return new Headline.HardwareWords(
        target.kind(),
        target.model(),
        target.folder(),
        target.peakGflops(),
        new TreeMap<String, Object>(Json.MESSAGES.convertValue(target, Map.class)));
  }
}
