package tessera.job.deliver;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tessera.Digest;
import tessera.Json;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.job.canary.Canary;
import tessera.job.canary.CanaryShapes;
import tessera.job.records.Product;
import tessera.job.run.TuningRun;
import tessera.measure.Deadline;
import tessera.microkernel.MicroKernel;
import tessera.runtime.Baseline;
import tessera.runtime.Bundle;
import tessera.runtime.BundleFiles;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.workload.WorkloadSpec;
import tessera.workload.trace.Trace;

/**
 * A bundle to be: its manifest and its files.
 *
 * @param plain what serves weights as they are, or all weights
 * @param prepared what serves prepared weights, where that is something else
 * @param timings the table of the plain plans' seconds on instances, in Parquet
 */
record Publication(TuningRun run, Served plain, Optional<Served> prepared, byte[] timings) {
  /** Where a workload has more instances, some stand for those beside them. */
  private static final int MOST_WEIGHTS = 10_000;

  /**
   * Writes the bundle under the run's output folder.
   *
   * @param reference the micro-kernel beside which the bundle is timed first, for later checks
   * @param until when that may begin at the latest
   * @return the bundle's folder
   */
  Place publish(BundleManifest manifest, MicroKernel reference, Deadline until) {
    Map<String, byte[]> files = files();
    Canary.First first = baseline(manifest, files, reference, until);
    first
        .baseline()
        .ifPresentOrElse(
            baseline -> files.put(Baseline.FILE, json(baseline)),
            () ->
                run.progress()
                    .remark(
                        "the bundle has no "
                            + Baseline.FILE
                            + ", by which retune sees whether it drifts: "
                            + first.why()));
    return new BundleWriter(run.out().resolve("bundles"), run.signingKey())
        .publish(manifest, files);
  }

  /** Of the bundle as it will be but for the baseline. */
  private Canary.First baseline(
      BundleManifest manifest, Map<String, byte[]> files, MicroKernel reference, Deadline until) {
    return new Canary(pass -> run.bundles())
        .baseline(
            BundleFiles.of(manifest, files),
            manifest,
            Product.version().orElse(""),
            entry(reference),
            CanaryShapes.of(run.workload(), run.hardware(), plain.dispatch()),
            until);
  }

  private List<MicroKernel> kernels() {
    return prepared.map(plain::kernelsWith).orElse(plain.kernels());
  }

  private List<LaunchPlan> preparedPlans() {
    return prepared.map(form -> form.plansOver(kernels())).orElse(List.of());
  }

  /** Those of the library, which has the plans of both forms in one table. */
  private List<DecisionTree> trees() {
    int plans = plain.plans().size();
    return Stream.concat(
            Stream.of(plain.dispatch()),
            prepared.stream().map(form -> form.dispatch().shifted(plans)))
        .toList();
  }

  private Map<String, byte[]> files() {
    List<LaunchPlan> plans =
        Stream.concat(plain.plans().stream(), preparedPlans().stream()).toList();
    Map<String, byte[]> files =
        new LinkedHashMap<>(run.library().build(run.workload(), kernels(), plans, trees(), id()));
    if (!run.workload().variables().isEmpty()) {
      files.put(Bundle.WEIGHTS, weights());
    }
    files.put(Bundle.TIMINGS, timings);
    files.put(Bundle.DISPATCH, json(plain.dispatch()));
    prepared.ifPresent(form -> files.put(Bundle.PREPARED_DISPATCH, json(form.dispatch())));
    return files;
  }

  private static byte[] json(Object record) {
    try {
      return Json.DOCUMENTS.writeValueAsBytes(record);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] weights() {
    Map<List<Long>, Double> weights = new HashMap<>();
    run.workload()
        .sampled(MOST_WEIGHTS)
        .forEach(instance -> weights.merge(instance.values(), instance.weight(), Double::sum));
    return Trace.of(run.workload().variables(), weights).csv();
  }

  private String id() {
    String form =
        prepared.map(one -> one.kernels() + "" + one.plans() + one.dispatch().toC()).orElse("");
    String text =
        run.workload().name() + plain.kernels() + plain.plans() + plain.dispatch().toC() + form;
    return Digest.sha256(text.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
  }

  BundleManifest manifest() {
    return new BundleManifest(
        BundleManifest.SCHEMA_VERSION,
        run.workload().name(),
        id(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        WorkloadSpec.of(run.workload()),
        run.target(),
        run.workload().numerics().tolerance().text(),
        kernels().stream().map(this::entry).toList(),
        run.hardware().preparedBytes(run.workload(), kernels()),
        plain.plans(),
        plain.expected(),
        preparedPlans(),
        prepared.map(Served::expected).orElse(List.of()),
        Map.of(
            "compiler",
            run.target().compiler(),
            BundleManifest.RUN,
            run.folder().name(),
            "java",
            System.getProperty("java.version"),
            "spark",
            run.sparkVersion(),
            "vendor",
            BundleManifest.peers(plain.expected(), Expectation.form(run))),
        Map.of());
  }

  private BundleManifest.KernelEntry entry(MicroKernel kernel) {
    return new BundleManifest.KernelEntry(
        run.space().family(kernel).label(kernel), kernel.family(), kernel.parameters());
  }
}
