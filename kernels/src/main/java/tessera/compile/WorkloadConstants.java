package tessera.compile;

import java.util.Map;
import java.util.TreeMap;
import tessera.operator.Axis;
import tessera.workload.Workload;

/** What every template is told of a workload, whatever its language. */
public final class WorkloadConstants {
  private WorkloadConstants() {}

  /**
   * Fixed extents (0 where a shape variable changes them), the storage of the second operand, and
   * the epilogue.
   */
  public static Map<String, String> of(Workload workload) {
    Map<String, String> constants = new TreeMap<>();
    constants.put("STATIC_M", "" + workload.staticExtent(Axis.M));
    constants.put("STATIC_N", "" + workload.staticExtent(Axis.N));
    constants.put("STATIC_K", "" + workload.staticExtent(Axis.K));
    constants.put("B_IS_NK", workload.operator().secondIsNk() ? "1" : "0");
    constants.put("EPILOGUE_BIAS", workload.epilogue().bias() ? "1" : "0");
    constants.put("EPILOGUE_FUNCTION", workload.epilogue().function());
    return constants;
  }
}
