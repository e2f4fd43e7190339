package tessera.analysis.read;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.Speeds;
import tessera.job.predict.Extrapolation;
import tessera.runtime.BundleManifest;
import tessera.workload.Instance;
import tessera.workload.Workload;

/** Latency and throughput by shape. */
public final class SpeedReader {
  /** From manifests of this version on. */
  private static final int RECORDS_SPREAD = 6;

  private final Source source;
  private final Source.Published bundle;
  private final Workload workload;

  private SpeedReader(Source source, Source.Published bundle) {
    this.source = source;
    this.bundle = bundle;
    this.workload = bundle.manifest().workload().anywhere();
  }

  public static Known<Speeds> of(Source source) {
    return source.bundle().map(bundle -> new SpeedReader(source, bundle).speeds());
  }

  private Speeds speeds() {
    return new Speeds(
        workload.variables(), bundle.manifest().threads(), plans(), dispatched(), timed());
  }

  private List<Speeds.Plan> plans() {
    BundleManifest manifest = bundle.manifest();
    return IntStream.range(0, manifest.plans().size())
        .mapToObj(
            plan ->
                new Speeds.Plan(
                    plan, manifest.planName(plan), manifest.plans().get(plan).kernels()))
        .toList();
  }

  private List<Speeds.Dispatched> dispatched() {
    Known<Map<List<Long>, Double>> weights = weights();
    List<BundleManifest.Expected> beyond = bundle.manifest().beyond();
    return bundle.manifest().expected().stream()
        .map(
            expected ->
                new Speeds.Dispatched(
                    expected.shape(),
                    expected.weight() > 0 || beyond.contains(expected)
                        ? Known.of(expected.weight())
                        : weights.map(all -> all.get(expected.shape())),
                    expected.threads(),
                    expected.plan(),
                    expected.seconds(),
                    expected.gflops(),
                    spread(expected),
                    vendor(expected),
                    vendor(expected).map(seconds -> gflops(expected.shape(), seconds)),
                    peers(expected),
                    expected.regret()))
        .toList();
  }

  private Known<Double> spread(BundleManifest.Expected expected) {
    if (bundle.manifest().schemaVersion() < RECORDS_SPREAD) {
      return Known.not("an older Tessera made the bundle, which recorded no spread of its times");
    }
    return expected.spread() > 0
        ? Known.of(expected.spread())
        : Known.not(
            "the time is the sum of two micro-kernels', whose spread together is not known");
  }

  private List<Speeds.Peer> peers(BundleManifest.Expected expected) {
    return expected.peers().stream()
        .map(
            peer ->
                new Speeds.Peer(
                    peer.name(),
                    peer.version(),
                    peer.form().key(),
                    peer.seconds(),
                    gflops(expected.shape(), peer.seconds())))
        .toList();
  }

  private static Known<Double> vendor(BundleManifest.Expected expected) {
    return expected.vendorSeconds() > 0
        ? Known.of(expected.vendorSeconds())
        : Known.not("no vendor's library was timed on this shape");
  }

  private double gflops(List<Long> shape, double seconds) {
    return 1e-9
        * workload.problem(shape.stream().mapToLong(Long::longValue).toArray()).flops()
        / seconds;
  }

  /** As the run chose its instances. */
  private Known<Map<List<Long>, Double>> weights() {
    return source.run().then(run -> source.instances().then(instances -> weights(run, instances)));
  }

  private Known<Map<List<Long>, Double>> weights(Source.Run run, Workload instances) {
    Map<List<Long>, Double> weights = new HashMap<>();
    int reported = run.settings().effortRow(source.hardware()).reported();
    for (Instance instance : instances.sampled(reported)) {
      weights.put(instance.values(), instance.weight());
    }
    boolean all =
        bundle.manifest().expected().stream().allMatch(e -> weights.containsKey(e.shape()));
    return all
        ? Known.of(weights)
        : Known.not("another version of Tessera chose the shapes, whose weights are not known");
  }

  private List<Speeds.Timed> timed() {
    List<Speeds.Timed> timed = new ArrayList<>();
    Extrapolation.Table table = bundle.timings();
    for (int i = 0; i < table.instances().size(); i++) {
      Instance instance = table.instances().get(i);
      int chosen = bundle.dispatch().select(instance.shape());
      for (int plan = 0; plan < table.seconds().length; plan++) {
        double seconds = table.seconds()[plan][i];
        if (!Double.isNaN(seconds)) {
          timed.add(
              new Speeds.Timed(
                  instance.values(),
                  instance.weight(),
                  plan,
                  seconds,
                  gflops(instance.values(), seconds),
                  plan == chosen));
        }
      }
    }
    return timed;
  }
}
