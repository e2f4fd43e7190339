package tessera.job.report;

import java.util.List;
import java.util.Map;
import tessera.dispatch.DecisionTree;

/**
 * What the page is given of one run or bundle. Numbers that are not known are NaN, which JSON has
 * as null.
 *
 * @param lead the first sentence, under the title
 * @param remarks sentences that a reader must see before any figure
 * @param vendor the library that times stand beside; empty where there is none
 * @param families names, by which trials have numbers; so are outcomes and workers
 * @param tieBand relative difference that measurement cannot tell; NaN where unknown
 * @param why sentences on what is missing, by the part of the page that says them instead
 * @param notes sentences that depend on the hardware or the log
 */
record Subject(
    String title,
    String lead,
    List<String> remarks,
    List<Tile> headline,
    List<Facts> facts,
    List<String> variables,
    String vendor,
    List<Plan> plans,
    List<Kernel> kernels,
    Points points,
    DecisionTree tree,
    List<Round> rounds,
    List<Best> best,
    Trials trials,
    Predictions predictions,
    List<Family> families,
    List<String> outcomes,
    List<String> workers,
    List<Step> steps,
    List<Feature> importance,
    Peak peak,
    double tieBand,
    List<Failure> failures,
    Map<String, String> why,
    Map<String, String> notes) {

  /**
   * A figure of the headline.
   *
   * @param tone good, bad, or nothing
   */
  record Tile(String label, String value, String more, String tone) {}

  /** A table of names and values. */
  record Facts(String title, List<List<String>> rows) {}

  /**
   * @param share of the workload's weight that it serves; where the workload's instances are not
   *     known, of the shapes that were timed for the dispatcher
   */
  record Plan(String name, double share) {}

  /**
   * A shipped micro-kernel.
   *
   * @param occupancy share of the threads that the hardware can hold
   * @param share as of a plan, of what it takes part in serving
   */
  record Kernel(String name, Map<String, Integer> resources, double occupancy, double share) {}

  /**
   * Shapes, a column each.
   *
   * @param grid whether a shape is one of those that the dispatch map shows
   * @param plan the dispatched one
   * @param seconds of [plan][shape]
   * @param source of these: 0 measured, 1 predicted
   * @param expected seconds measured through the bundle
   * @param vendor seconds of the vendor's library beside these
   */
  record Points(
      long[][] values,
      boolean[] grid,
      double[] flops,
      double[] bytes,
      int[] plan,
      double[][] seconds,
      int[] source,
      double[] expected,
      double[] vendor,
      double[] padding,
      double[] wave) {
    static Points none() {
      double[] empty = {};
      return new Points(
          new long[0][],
          new boolean[0],
          empty,
          empty,
          new int[0],
          new double[0][],
          new int[0],
          empty,
          empty,
          empty,
          empty);
    }
  }

  /**
   * A round of the search.
   *
   * @param build seconds of all its candidates together; so are verify and time
   * @param idle seconds in which its devices did neither
   */
  record Round(
      String round,
      int trials,
      int ok,
      double busy,
      int heldOut,
      double spearman,
      double priorSpearman,
      double recall,
      double build,
      double verify,
      double time,
      double idle,
      double learn,
      double ended) {}

  /**
   * A trial that made its search better.
   *
   * @param search of one shape alone, its name; empty for the joint search
   * @param trials of the search until then
   * @param flops the weighted speed from then on, in operations a second
   * @param ended seconds from the start to the end of its round
   */
  record Best(String search, int round, int trials, double flops, double ended) {}

  /**
   * Trials, a column each.
   *
   * @param parameters of their micro-kernels, in the order of their family's
   * @param spread of the samples, the widest of its probes
   * @param reference speed of the fixed loop or kernel beside it, in operations a second
   */
  record Trials(
      int[] round,
      int[] family,
      int[] outcome,
      int[][] parameters,
      double[] spread,
      double[] reference,
      int[] worker) {}

  /**
   * Seconds of probes, a column each.
   *
   * @param trial the place of its trial
   * @param predicted by the learned model
   * @param prior by the prior
   */
  record Predictions(int[] trial, double[] measured, double[] predicted, double[] prior) {}

  /** A family, with the names of its parameters. */
  record Family(String name, List<String> parameters) {}

  /** A step of the run. */
  record Step(String name, double seconds) {}

  /** A feature of the cost model. */
  record Feature(String name, double value) {}

  /** What the hardware can do at most, in operations and bytes a second. */
  record Peak(double flops, double bytes) {}

  /**
   * Failed trials of one outcome, family and message.
   *
   * @param parameters of the first of them
   */
  record Failure(String outcome, String family, String message, int count, String parameters) {}
}
