package tessera.job.report;

import java.util.Map;
import tessera.analysis.Recording;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.Roofline;
import tessera.analysis.figures.Speeds;

/** Sentences of the page that depend on what is known of the hardware and of the workload. */
final class Notes {
  private Notes() {}

  static Map<String, String> of(Recording recording, Known<Roofline> roofline) {
    double measured = recording.target().peakGflops();
    double shown = roofline.map(Roofline::peakGflops).orElse(measured);
    int threads = recording.speeds().map(Speeds::threads).orElse(1);
    return Map.of(
        "peak",
        peak(measured, shown, threads),
        "bandwidth",
        bandwidth(roofline),
        "resources",
        resources(recording));
  }

  /** Where the level line of the roofline comes from. */
  static String peak(double measured, double shown, int threads) {
    if (threads > 1) {
      return threads + " times what a loop of multiply-adds measured on one core";
    }
    return shown == measured
        ? "as a loop of multiply-adds measured it"
        : "computed for the workload's precision from what a loop of multiply-adds measured";
  }

  private static String bandwidth(Known<Roofline> roofline) {
    String why = roofline.then(Roofline::memoryBytesPerSecond).why();
    return why.isEmpty() ? "" : "There is no slope for the memory: " + why + ".";
  }

  private static String resources(Recording recording) {
    return "What the compiler told of each micro-kernel, where it tells: registers of a thread,"
        + " bytes that spilled to memory, bytes of shared memory of a block, and blocks that a"
        + " multiprocessor holds at once, with the share of its threads that these fill. The last"
        + " column is the share of "
        + (recording.instances().isKnown() ? "the workload" : "the shapes timed for the dispatcher")
        + " that a micro-kernel takes part in.";
  }
}
