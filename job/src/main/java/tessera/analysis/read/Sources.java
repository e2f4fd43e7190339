package tessera.analysis.read;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.analysis.figures.Known;
import tessera.backend.Backends;
import tessera.integrity.Trust;
import tessera.job.predict.Extrapolation;
import tessera.job.records.RunFolder;
import tessera.job.spark.tables.TimingsTable;
import tessera.runtime.Bundle;
import tessera.runtime.BundleCopy;
import tessera.runtime.BundleManifest;
import tessera.storage.Place;
import tessera.storage.StorageFailure;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;
import tessera.workload.trace.Trace;
import tessera.workload.trace.TraceReader;

/** Finds the bundle of a run, and the run of a bundle. */
public final class Sources {
  private static final String BUNDLES = "bundles";
  private static final String RUNS = "runs";

  private final TraceReader traces;
  private final Trust trust;

  /**
   * @param traces that workloads have their shapes from
   * @param trust whose bundles are opened
   */
  public Sources(TraceReader traces, Trust trust) {
    this.traces = traces;
    this.trust = trust;
  }

  public Source ofRun(Place folder) {
    Source.Run run = run(folder);
    Known<Workload> instances = instances(run);
    Workload workload = instances.value().orElseGet(() -> workload(run, anyShape()));
    return new Source(
        run.folder().name(),
        run.settings().target(),
        workload,
        instances,
        Known.of(run),
        bundleOf(run, workload.name()));
  }

  public Source ofBundle(Place folder) {
    Source.Published bundle = published(folder);
    BundleManifest manifest = bundle.manifest();
    Known<Source.Run> run = runOf(bundle);
    return new Source(
        manifest.name() + " " + manifest.id(),
        manifest.target(),
        manifest.workload().anywhere(),
        either(run.then(this::instances), bundle.instances()),
        run,
        Known.of(bundle));
  }

  /** The one that is known; where neither is, what is said of the first. */
  private static Known<Workload> either(Known<Workload> one, Known<Workload> other) {
    return one.isKnown() || !other.isKnown() ? one : other;
  }

  private static Source.Run run(Place folder) {
    RunFolder run = RunFolder.open(folder, folder.toString());
    return new Source.Run(
        run,
        run.settings(),
        Known.of(
            run.result(),
            "the run did not end well, or an older Tessera ran it, which recorded no result"));
  }

  private Source.Published published(Place folder) {
    try (BundleCopy copy = BundleCopy.of(folder, trust)) {
      Bundle bundle = Bundle.open(copy.folder(), trust);
      Extrapolation.Table timings =
          TimingsTable.read(
              Place.of(bundle.folder().resolve(Bundle.TIMINGS)), bundle.manifest().plans().size());
      return new Source.Published(
          folder, bundle.manifest(), bundle.dispatch(), timings, instances(bundle));
    }
  }

  /** What the bundle's own list says; all of its bytes were checked. */
  private static Known<Workload> instances(Bundle bundle) {
    Path list = bundle.folder().resolve(Bundle.WEIGHTS);
    if (!Files.exists(list)) {
      return Known.not(
          "neither the run that made the bundle is beside it, nor a list of the weights in it");
    }
    WorkloadSpec workload = bundle.manifest().workload();
    try {
      Trace weights = Trace.parse(workload.variables(), Files.readAllBytes(list));
      return Known.of(
          workload.on(
              weights.counts().entrySet().stream()
                  .map(shape -> new Instance(shape.getKey(), shape.getValue()))
                  .toList()));
    } catch (IOException e) {
      throw StorageFailure.of(list + " cannot be read", e, "check its permissions");
    }
  }

  private Known<Workload> instances(Source.Run run) {
    try {
      return Known.of(workload(run, traces));
    } catch (UserError | EnvironmentFault e) {
      return Known.not(
          "the instances of the workload are not known: " + UserError.shortened(e.getMessage()));
    }
  }

  private static Workload workload(Source.Run run, TraceReader traces) {
    return run.folder().request(traces, Backends.all()).workload();
  }

  /** In place of a trace that is no longer there. */
  private static TraceReader anyShape() {
    return new TraceReader() {
      @Override
      public List<String> columns(Place file) {
        return List.of();
      }

      @Override
      public Map<List<Long>, Double> read(
          Place file, List<String> columns, Optional<String> count) {
        return Map.of(Collections.nCopies(columns.size(), 1L), 1.0);
      }
    };
  }

  /** The newest bundle that a run published, where its output still has it. */
  private Known<Source.Published> bundleOf(Source.Run run, String workload) {
    Place versions =
        run.folder()
            .out()
            .resolve(BUNDLES)
            .resolve(workload)
            .resolve(run.settings().target().folder());
    Stream<Place> recorded = run.result().value().stream().map(end -> Place.of(end.bundle()));
    List<String> refusals = new ArrayList<>();
    Optional<Source.Published> bundle =
        Stream.concat(newestFirst(versions).stream(), recorded)
            .map(version -> intact(version, refusals))
            .flatMap(Optional::stream)
            .filter(published -> isOf(published.manifest(), run))
            .findFirst();
    return Known.of(
        bundle,
        "the run published no bundle, or its bundle was removed from "
            + versions
            + refusals.stream()
                .limit(1)
                .map(why -> "; one there is refused: " + why)
                .findFirst()
                .orElse(""));
  }

  private Known<Source.Run> runOf(Source.Published bundle) {
    return Known.of(
        bundle
            .folder()
            .parent()
            .flatMap(Place::parent)
            .flatMap(Place::parent)
            .flatMap(Place::parent)
            .stream()
            .flatMap(out -> newestFirst(out.resolve(RUNS)).stream())
            .filter(RunFolder::isOne)
            .map(Sources::readable)
            .flatMap(Optional::stream)
            .filter(run -> isOf(bundle.manifest(), run))
            .findFirst(),
        "the run that made the bundle is not in the folder " + RUNS + " beside it");
  }

  /** The measured peak of a device is to the last digit that of one run alone. */
  private static boolean isOf(BundleManifest manifest, Source.Run run) {
    return Optional.ofNullable(manifest.tools().get(BundleManifest.RUN))
        .map(run.folder().name()::equals)
        .orElseGet(() -> manifest.target().equals(run.settings().target()));
  }

  private Optional<Source.Published> intact(Place version, List<String> refusals) {
    try {
      return Optional.of(published(version));
    } catch (UserError | EnvironmentFault e) {
      refusals.add(e.getMessage());
      return Optional.empty();
    }
  }

  private static Optional<Source.Run> readable(Place folder) {
    try {
      return Optional.of(run(folder));
    } catch (UserError e) {
      return Optional.empty();
    }
  }

  private static List<Place> newestFirst(Place folder) {
    try {
      if (!folder.isFolder()) {
        return List.of();
      }
      return reversed(folder.list().stream().filter(place -> !place.name().equals("latest")));
    } catch (IOException e) {
      throw StorageFailure.of(folder + " cannot be read", e, "check its permissions");
    }
  }

  private static List<Place> reversed(Stream<Place> places) {
    return places.sorted(Comparator.comparing(Place::name).reversed()).toList();
  }
}
