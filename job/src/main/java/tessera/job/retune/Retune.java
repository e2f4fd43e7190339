package tessera.job.retune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import tessera.UserError;
import tessera.backend.Backends;
import tessera.backend.Target;
import tessera.integrity.SigningKey;
import tessera.integrity.Trust;
import tessera.job.records.RunFolder;
import tessera.job.run.Device;
import tessera.job.spark.Cluster;
import tessera.storage.Place;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Workload;

/** Looks at all bundles under a root and puts others in the place of those that are stale. */
public final class Retune {
  /**
   * What a user asks for.
   *
   * @param workloads by name; none for all
   * @param dryRun whether nothing is tuned or published
   * @param keep how many sound bundles of a kind are kept after a publication; empty for all
   * @param effort of runs; empty for that of the run which made a bundle
   * @param limits of the budget of a run
   */
  public record Options(
      Root root,
      List<String> workloads,
      boolean dryRun,
      Trust trust,
      Optional<SigningKey> key,
      Optional<Integer> keep,
      Optional<Effort> effort,
      Budget.Limits limits) {}

  /** Tunes: what a command does around a run is its own. */
  @FunctionalInterface
  public interface Tune {
    /**
     * @param run with its settings
     * @param out where its bundle goes, under {@code bundles}
     * @return the bundle
     * @throws UserError where there is none
     */
    Place bundle(Device device, Workload workload, RunFolder run, Place out);
  }

  /** Hardware as it is looked for. */
  private record Kind(String kind, Optional<String> narrowing) {
    static Kind of(Target target) {
      return new Kind(target.kind(), Backends.of(target).narrowing(target));
    }
  }

  /**
   * What was found of a kind.
   *
   * @param why nothing was; empty where something was
   */
  private record Found(List<Device> devices, Optional<String> why) {}

  private final Options options;
  private final List<InPlace> bundles;
  private final Consumer<RetuneReport.Line> listener;
  private final Consumer<String> remarks;
  private final List<RetuneReport.Line> lines = new ArrayList<>();

  /**
   * Reads the bundles that are asked for.
   *
   * @param listener hears of each bundle as soon as it is known what becomes of it
   * @param remarks hears of what executors cannot do
   * @throws UserError where there are none, or none of a workload that was named
   */
  public Retune(Options options, Consumer<RetuneReport.Line> listener, Consumer<String> remarks) {
    this.options = options;
    this.bundles = bundles(options);
    this.listener = listener;
    this.remarks = remarks;
  }

  private static List<InPlace> bundles(Options options) {
    List<InPlace> all = options.root().latest(options.trust());
    if (all.isEmpty()) {
      throw new UserError(
          options.root().bundles()
              + " holds no bundle; tune a workload with --out "
              + options.root().out()
              + " first");
    }
    Set<String> names = new TreeSet<>(all.stream().map(InPlace::workload).toList());
    for (String asked : options.workloads()) {
      if (!names.contains(asked)) {
        throw new UserError(
            "there is no bundle of a workload "
                + UserError.quoted(asked)
                + " under "
                + options.root().bundles()
                + "; there are "
                + String.join(", ", names));
      }
    }
    return all.stream()
        .filter(
            bundle ->
                options.workloads().isEmpty() || options.workloads().contains(bundle.workload()))
        .toList();
  }

  /**
   * Looks at them on the executors, and tunes where that is asked for.
   *
   * @throws UserError where no executor has the hardware of any bundle
   */
  public RetuneReport report(Cluster cluster, Tune tune) {
    bundles.stream().filter(bundle -> bundle.content().isEmpty()).forEach(this::tellFault);
    Map<Kind, Found> found = detect(cluster);
    Map<String, List<InPlace>> byWorkload = new LinkedHashMap<>();
    bundles.forEach(
        bundle ->
            byWorkload.computeIfAbsent(bundle.workload(), w -> new ArrayList<>()).add(bundle));
    byWorkload.values().forEach(of -> workload(cluster, tune, of, found));
    return new RetuneReport(
        options.root().out().toString(),
        options.dryRun(),
        RetuneReport.code(lines),
        lines.stream()
            .sorted(
                Comparator.comparing(RetuneReport.Line::workload)
                    .thenComparing(RetuneReport.Line::hardware))
            .toList());
  }

  private void tell(RetuneReport.Line line) {
    lines.add(line);
    listener.accept(line);
  }

  private void tellFault(InPlace bundle) {
    InPlace.Fault fault = bundle.fault().orElseThrow();
    tell(Retuning.plain(bundle, fault.verdict(), fault.words()));
  }

  private Map<Kind, Found> detect(Cluster cluster) {
    Map<Kind, Found> found = new LinkedHashMap<>();
    for (InPlace bundle : bundles) {
      bundle
          .content()
          .ifPresent(
              content ->
                  found.computeIfAbsent(
                      Kind.of(content.manifest().target()), kind -> detect(cluster, kind)));
    }
    if (!found.isEmpty() && found.values().stream().allMatch(one -> one.devices().isEmpty())) {
      throw new UserError(
          "no executor has the hardware of any bundle under "
              + options.root().bundles()
              + ": "
              + found.values().iterator().next().why().orElseThrow());
    }
    return found;
  }

  private Found detect(Cluster cluster, Kind kind) {
    try {
      Cluster.Found found = cluster.detect(kind.kind(), kind.narrowing());
      found.remarks().forEach(remarks);
      return new Found(found.kinds().stream().map(Device::new).toList(), Optional.empty());
    } catch (UserError e) {
      return new Found(List.of(), Optional.of(e.getMessage()));
    }
  }

  /** All hardware that executors have of the kinds for which there are bundles. */
  private void workload(Cluster cluster, Tune tune, List<InPlace> bundles, Map<Kind, Found> found) {
    List<InPlace> sound = bundles.stream().filter(b -> b.content().isPresent()).toList();
    Set<String> seen = new LinkedHashSet<>();
    for (Kind kind : sound.stream().map(Retune::kind).distinct().toList()) {
      List<InPlace> alike = sound.stream().filter(b -> kind(b).equals(kind)).toList();
      for (Device device : found.get(kind).devices()) {
        String hardware = device.target().folder();
        seen.add(hardware);
        if (bundles.stream()
            .noneMatch(b -> b.hardware().equals(hardware) && b.fault().isPresent())) {
          tell(new Retuning(cluster, options, tune, remarks, device, alike).line());
        }
      }
    }
    for (InPlace bundle : sound) {
      if (!seen.contains(bundle.hardware())) {
        String why = found.get(kind(bundle)).why().map(reason -> " (" + reason + ")").orElse("");
        tell(
            Retuning.plain(
                bundle,
                RetuneReport.Verdict.NOT_HERE,
                "not looked at: no executor has this hardware" + why));
      }
    }
  }

  private static Kind kind(InPlace bundle) {
    return Kind.of(bundle.content().orElseThrow().manifest().target());
  }
}
