package tessera.runtime;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tessera.UserError;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.integrity.EntryName;
import tessera.operator.Expression;
import tessera.workload.Workload;

/**
 * Holds what a bundle says of itself to what can be used: everything that is counted is within
 * limits, and everything that is named is there.
 */
final class BundleContent {
  private static final int MOST_VARIABLES = 16;
  private static final int MOST_KERNELS = 4096;
  private static final int MOST_EXPECTED = 100_000;
  private static final int MOST_PEERS = 100;

  /** From what is listed in manifests of this version on, all files are known. */
  private static final int LISTS_SIZES = 5;

  private final BundleManifest manifest;
  private final DecisionTree dispatch;
  private final Optional<DecisionTree> prepared;
  private final Map<String, String> sums;

  private BundleContent(
      BundleManifest manifest,
      DecisionTree dispatch,
      Optional<DecisionTree> prepared,
      Map<String, String> sums) {
    this.manifest = manifest;
    this.dispatch = dispatch;
    this.prepared = prepared;
    this.sums = sums;
  }

  /**
   * @param prepared the tree of calls with prepared weights, where they have one
   * @param sums SHA-256 of every file by its name
   * @throws UserError naming what cannot be
   */
  static void check(
      Path folder,
      BundleManifest manifest,
      DecisionTree dispatch,
      Optional<DecisionTree> prepared,
      Map<String, String> sums) {
    try {
      new BundleContent(manifest, dispatch, prepared, sums).check();
    } catch (UserError e) {
      throw new UserError(folder + " cannot be used: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      // what is missing or strange in a manifest that nobody here wrote is met anywhere
      throw new UserError(
          folder
              + " cannot be used: its manifest is incomplete or contradicts itself ("
              + UserError.shortened(String.valueOf(e.getMessage()))
              + "); publish the bundle again",
          e);
    }
  }

  private void check() {
    checkNames();
    checkWorkload();
    checkPlans(manifest.plans(), 1);
    checkPlans(manifest.preparedPlans(), 0);
    checkExpected(manifest.expected(), manifest.plans().size());
    checkExpected(manifest.preparedExpected(), manifest.preparedPlans().size());
    int variables = manifest.workload().variables().size();
    dispatch.check(variables, manifest.plans().size());
    prepared.ifPresent(tree -> tree.check(variables, manifest.preparedPlans().size()));
    if (manifest.schemaVersion() >= LISTS_SIZES) {
      checkFiles();
    }
  }

  private static void demand(boolean condition, String fault) {
    if (!condition) {
      throw new UserError(fault + "; publish the bundle again");
    }
  }

  /** Both name folders where a bundle is published or fetched to. */
  private void checkNames() {
    for (String name : List.of(manifest.name(), manifest.target().folder())) {
      demand(
          EntryName.isSafe(name) && !name.contains("/"),
          "its manifest has the name "
              + UserError.quoted(name)
              + ", which is not that of a folder");
    }
  }

  private void checkWorkload() {
    List<String> variables = manifest.workload().variables();
    demand(
        variables.size() <= MOST_VARIABLES && Set.copyOf(variables).size() == variables.size(),
        "its manifest has more than " + MOST_VARIABLES + " shape variables, or one twice");
    Workload workload = manifest.workload().anywhere();
    for (Expression extent : workload.extents().values()) {
      demand(
          variables.containsAll(extent.variables()),
          "its extent "
              + UserError.quoted(extent.text())
              + " has a variable that is not among "
              + variables);
      demand(
          !extent.isConstant() || extent.evaluate(List.of(), new long[0]) > 0,
          "its extent " + UserError.quoted(extent.text()) + " is not positive");
    }
    demand(
        manifest.workload().operands().size() == workload.operands().size(),
        "its manifest lists other operands than its operator and epilogue have");
  }

  /**
   * @param least plans
   */
  private void checkPlans(List<LaunchPlan> plans, int least) {
    int kernels = manifest.kernels().size();
    demand(kernels <= MOST_KERNELS, "it has more than " + MOST_KERNELS + " micro-kernels");
    demand(
        plans.size() >= least && plans.size() <= MOST_KERNELS,
        "it has no plan, or more than " + MOST_KERNELS);
    for (LaunchPlan plan : plans) {
      demand(
          plan.main() < kernels && plan.edge() < kernels,
          "a plan names micro-kernel "
              + Math.max(plan.main(), plan.edge())
              + ", and there are "
              + kernels);
    }
    manifest.kernels().forEach(kernel -> Map.copyOf(kernel.parameters()));
  }

  private void checkExpected(List<BundleManifest.Expected> all, int plans) {
    demand(all.size() <= MOST_EXPECTED, "it has more than 100000 expected times");
    for (BundleManifest.Expected expected : all) {
      // Tessera once wrote NaN for the spread of a pair whose first kernel could not be timed alone
      demand(
          expected.weight() >= 0 && !(expected.spread() < 0),
          "an expected time has the weight "
              + expected.weight()
              + " and the spread "
              + expected.spread());
      demand(
          expected.plan() >= 0 && expected.plan() < plans,
          "an expected time is that of plan " + expected.plan() + ", which is not there");
      demand(
          expected.shape().size() == manifest.workload().variables().size(),
          "an expected time is that of the shape "
              + expected.shape()
              + ", which has other variables");
      checkPeers(expected.peers());
    }
  }

  private void checkPeers(List<BundleManifest.PeerTime> peers) {
    demand(
        peers != null && peers.size() <= MOST_PEERS,
        "an expected time has no list of peers, or more than " + MOST_PEERS);
    for (BundleManifest.PeerTime peer : peers) {
      demand(
          peer != null && peer.name() != null && peer.version() != null && peer.form() != null,
          "a peer of an expected time lacks its name, version or form");
      demand(
          peer.seconds() > 0 && Double.isFinite(peer.seconds()),
          "a peer of an expected time took " + peer.seconds() + " s");
    }
  }

  /** The list of the manifest and that of the checksums are one. */
  private void checkFiles() {
    Map<String, String> listed = new TreeMap<>();
    manifest.files().forEach((name, file) -> listed.put(name, file.sha256()));
    Map<String, String> others = new TreeMap<>(sums);
    others.remove(Bundle.MANIFEST);
    demand(listed.equals(others), "its manifest lists other files than its checksums do");
  }
}
