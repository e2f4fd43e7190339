package tessera.measure;

import java.util.List;
import tessera.workload.Epilogue;
import tessera.workload.GemmShape;
import tessera.workload.Operator;

/**
 * What a worker process is asked: check some functions, then time them interleaved.
 *
 * @param functions what is run; only kernels are checked
 * @param checks shapes to verify on, each in the given number of parts
 * @param timings shapes to time on, all functions together
 * @param seed of the random data of the checks
 */
public record WorkerRequest(
    Operator operator,
    Epilogue epilogue,
    List<Function> functions,
    List<Check> checks,
    List<GemmShape> timings,
    TimingPolicy policy,
    long seed) {
  /** What kind of calling convention a function has. */
  public enum Kind {
    KERNEL,
    CBLAS,
    DNNL
  }

  /** A symbol of a shared library; {@code preload} are libraries that must be visible to it. */
  public record Function(Kind kind, String library, String symbol, List<String> preload) {}

  /** A shape to verify on, computed in so many parts. */
  public record Check(GemmShape shape, int parts) {}
}
