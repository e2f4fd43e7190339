package tessera.job.deliver;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.compile.TemporaryFiles;
import tessera.job.deliver.choice.Choice;
import tessera.job.run.TuningRun;
import tessera.job.search.Contest;
import tessera.microkernel.MicroKernel;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;

/**
 * The end of a run. A bundle of which a micro-kernel fails once it is published is withdrawn, and
 * another is published.
 *
 * <pre>
 *   contest ──select──> bundle ──time held-out shapes──> result
 * </pre>
 */
public final class Delivery {
  /** Within this the bundle's baseline may begin, however late it is: it takes a second. */
  private static final double BASELINE_SECONDS = 15;

  private final TuningRun run;
  private final Selection selection;
  private final Optional<Served> prepared;

  /**
   * What a run delivers.
   *
   * @param fault why the bundle still holds a micro-kernel that failed after it was published;
   *     empty where it holds none
   */
  public record Result(
      Place bundle, BundleManifest manifest, HeldOut heldOut, Optional<String> fault) {}

  /** What was selected, as a bundle that says of itself what it is. */
  private record Published(Selected selected, BundleManifest manifest, Place bundle) {
    Result result(HeldOut heldOut, Optional<String> fault) {
      return new Result(bundle, manifest, heldOut, fault);
    }
  }

  /**
   * @param prepared what serves prepared weights in the bundle, where its other kernels do not
   */
  public Delivery(TuningRun run, Selection selection, Optional<Served> prepared) {
    this.run = run;
    this.selection = selection;
    this.prepared = prepared;
  }

  /**
   * Publishes the best of a contest, and looks whether it keeps what it promises.
   *
   * @throws UserError where nothing is left to publish
   */
  public Result deliver(Contest contest) {
    Published published = publish(selection.of(contest));
    run.progress().phase("published; looking at shapes that were not timed before");
    HeldOut heldOut = heldOut(published.selected());
    if (!published.selected().choice().uses(selection::hasFailed)) {
      return published.result(heldOut, Optional.empty());
    }
    withdraw(published);
    try {
      return publish(selection.instead(published.selected())).result(heldOut, Optional.empty());
    } catch (Exception e) {
      return published.result(heldOut, Optional.of(reason(e)));
    }
  }

  private Published publish(Selected selected) {
    Choice choice = selected.choice();
    byte[] timings = run.timings(choice.instances(), choice.seconds());
    Publication publication = new Publication(run, selected.served(), prepared, timings);
    BundleManifest manifest = publication.manifest();
    Place bundle =
        publication.publish(
            manifest, reference(selected), selection.schedule().end().orIn(BASELINE_SECONDS));
    return new Published(selected, manifest, bundle);
  }

  /** The fastest of those that are not delivered; of these the first, where there is no other. */
  private MicroKernel reference(Selected selected) {
    double[][] seconds = selected.contestTimes().passes(run)[0];
    return IntStream.range(0, selected.contestTimes().kernels().size())
        .filter(
            k -> !selected.choice().kernels().contains(selected.contestTimes().kernels().get(k)))
        .boxed()
        .min(Comparator.comparingDouble(k -> Arrays.stream(seconds[k]).map(Math::log).sum()))
        .map(k -> selected.contestTimes().kernels().get(k))
        .orElse(selected.choice().kernels().get(0));
  }

  /** A diagnosis behind the publishing: the run does not fail where it does. */
  private HeldOut heldOut(Selected selected) {
    try {
      return selection.heldOutTimer().time(selected);
    } catch (Exception e) {
      return HeldOut.failed(reason(e));
    }
  }

  /** So that {@code latest} is no bundle with a fault; the run goes on where that is not so. */
  private void withdraw(Published faulty) {
    String failed =
        faulty.selected().choice().kernels().stream()
            .filter(selection::hasFailed)
            .map(kernel -> run.space().family(kernel).label(kernel))
            .collect(Collectors.joining(", "));
    String fault = failed + " failed after it was published";
    try {
      BundleWriter.withdraw(faulty.bundle(), fault);
      run.progress().remark("the bundle " + faulty.bundle() + " is withdrawn: " + fault);
    } catch (UserError | EnvironmentFault e) {
      run.progress().remark(e.getMessage());
    }
  }

  /** Why something failed, in a sentence. */
  private static String reason(Exception failure) {
    return UserError.in(failure)
        .or(TemporaryFiles::fault)
        .map(Throwable::getMessage)
        .or(() -> EnvironmentFault.in(failure).map(Throwable::getMessage))
        .orElseGet(() -> UserError.shortened(failure.toString()));
  }
}
