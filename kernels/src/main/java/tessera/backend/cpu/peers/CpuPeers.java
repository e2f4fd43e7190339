package tessera.backend.cpu.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.Peer;
import tessera.backend.WeightsForm;
import tessera.measure.Outcome;
import tessera.measure.TimingPolicy;
import tessera.operator.Epilogue;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/** The libraries of others that a CPU's kernels are compared with, each loaded once to see it. */
public final class CpuPeers {
  private static final Duration LOADING = Duration.ofSeconds(60);
  private static final TimingPolicy NOTHING_TIMED = TimingPolicy.onCpu(1, 1);
  private static final Pattern VERSION_OF_FILE = Pattern.compile("\\.so\\.(\\d+(?:\\.\\d+)+)$");

  /**
   * A library's file.
   *
   * @param preload libraries that must be visible to it
   * @param asked what a user pointed at; empty where it was found
   */
  record Candidate(PeerKind kind, Path file, List<Path> preload, Optional<Peer> asked) {
    WorkerRequest.Function function(WeightsForm form) {
      return WorkerRequest.Function.vendor(
          file.toString(), kind.adapter(form), preload.stream().map(Path::toString).toList());
    }
  }

  private final PresetLibraries presets;
  private final Supplier<? extends DeviceWorker> workers;

  /**
   * @param cache for what libraries are unpacked to
   * @param workers makes a process in which a library may do what it likes
   */
  public CpuPeers(Path cache, Supplier<? extends DeviceWorker> workers) {
    this(new PresetLibraries(cache), workers);
  }

  private CpuPeers(PresetLibraries presets, Supplier<? extends DeviceWorker> workers) {
    this.presets = presets;
    this.workers = workers;
  }

  /** The same with other processes. */
  public CpuPeers with(Supplier<? extends DeviceWorker> others) {
    return new CpuPeers(presets, others);
  }

  /**
   * Those that can do a workload on this machine, in each form that they have; what a user points
   * at takes the place of what was found of its kind.
   *
   * @throws UserError where one that a user points at cannot be used, or nothing can be unpacked
   */
  public List<Backend.Vendor> of(Workload workload, List<Peer> peers) {
    List<Candidate> asked = peers.stream().map(CpuPeers::asked).toList();
    if (workload.epilogue() != Epilogue.NONE) {
      refuse(peers, workload);
      return List.of();
    }
    Set<PeerKind> given = asked.stream().map(Candidate::kind).collect(Collectors.toSet());
    List<Candidate> candidates =
        Stream.concat(
                presets.found().stream().filter(found -> !given.contains(found.kind())),
                asked.stream())
            .toList();
    List<Backend.Vendor> vendors = new ArrayList<>();
    if (!candidates.isEmpty()) {
      try (DeviceWorker worker = workers.get()) {
        candidates.forEach(each -> vendors.addAll(forms(worker, each, workload)));
      }
    }
    return vendors;
  }

  private static Candidate asked(Peer peer) {
    PeerKind kind = PeerKind.of(peer);
    Path file = Path.of(peer.library());
    if (!Files.isRegularFile(file)) {
      throw new UserError(peer + ": there is no such file; give that of " + kind.file());
    }
    return new Candidate(kind, file, List.of(), Optional.of(peer));
  }

  private static void refuse(List<Peer> peers, Workload workload) {
    if (!peers.isEmpty()) {
      throw new UserError(
          Peer.OPTION
              + " compares plain products, and the workload's epilogue is "
              + workload.epilogue().key()
              + "; leave it out");
    }
  }

  /** Weights are prepared where a product has any: the operands of a batched one both vary. */
  private static List<Backend.Vendor> forms(
      DeviceWorker worker, Candidate candidate, Workload workload) {
    List<Backend.Vendor> vendors = new ArrayList<>();
    for (WeightsForm form : candidate.kind().forms()) {
      if (form == WeightsForm.PLAIN || !workload.operator().isBatched()) {
        loaded(worker, candidate, form, workload).ifPresent(vendors::add);
      }
    }
    return vendors;
  }

  /** Empty where a library that was found does not run here. */
  private static Optional<Backend.Vendor> loaded(
      DeviceWorker worker, Candidate candidate, WeightsForm form, Workload workload) {
    WorkerRequest.Function function = candidate.function(form);
    WorkerReply reply =
        worker.call(
            new WorkerRequest(
                workload.epilogue(),
                workload.numerics(),
                List.of(function),
                List.of(),
                List.of(),
                NOTHING_TIMED,
                0),
            LOADING);
    if (reply.outcome() == Outcome.OK) {
      String version =
          Optional.of(reply.versions().get(0))
              .filter(told -> !told.isEmpty())
              .orElseGet(() -> versionOf(candidate.file()));
      return Optional.of(new Backend.Vendor(candidate.kind().title(), version, form, function));
    }
    candidate.asked().ifPresent(peer -> refuse(peer, candidate.kind(), reply));
    return Optional.empty();
  }

  private static void refuse(Peer peer, PeerKind kind, WorkerReply reply) {
    throw new UserError(
        peer
            + ": "
            + reply.message()
            + "; give "
            + kind.title()
            + "'s own "
            + kind.file()
            + ", built for this machine");
  }

  /** What the name of its file says, behind links; empty where it says nothing. */
  private static String versionOf(Path file) {
    try {
      Matcher name = VERSION_OF_FILE.matcher(file.toRealPath().toString());
      return name.find() ? name.group(1) : "";
    } catch (IOException e) {
      return "";
    }
  }
}
