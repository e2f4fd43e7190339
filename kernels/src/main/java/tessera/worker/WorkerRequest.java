package tessera.worker;

import java.nio.file.Path;
import java.util.List;
import tessera.measure.TimingPolicy;
import tessera.operator.Epilogue;
import tessera.operator.Numerics;
import tessera.operator.Problem;

/**
 * What a worker process is asked: check some functions, then time them interleaved. Each problem
 * says which operands a call has, by their names, and how they are stored.
 *
 * @param functions what is checked and run
 * @param checks problems to verify on, each in the given number of parts
 * @param timings problems to time on, all functions together
 * @param seed of the random data of the checks
 */
public record WorkerRequest(
    Epilogue epilogue,
    Numerics numerics,
    List<Function> functions,
    List<Check> checks,
    List<Problem> timings,
    TimingPolicy policy,
    long seed) {
  /** What a function is. */
  public enum Kind {
    /** A micro-kernel that was compiled alone. */
    KERNEL,
    /** Of a vendor's library; its symbol names what of the back end calls it. */
    VENDOR,
    /** A whole bundle through its C interface. */
    BUNDLE,
    /** The same, with weights that it prepared before. */
    PREPARED_BUNDLE
  }

  /**
   * A function in a shared library.
   *
   * @param library the library's file, or a bundle's folder
   * @param symbol its name there; empty for a bundle
   * @param preload libraries that must be visible to it
   * @param shape the shape variables' values that a bundle is called with
   * @param line what the back end's launcher needs to know of a micro-kernel; empty where it is
   *     called plainly
   * @param checked whether the same function was right on the checks before, and need not be
   *     checked again
   */
  public record Function(
      Kind kind,
      String library,
      String symbol,
      List<String> preload,
      List<Long> shape,
      List<Integer> line,
      boolean checked) {
    /** A micro-kernel that was compiled alone, and is called plainly. */
    public static Function kernel(String library, String symbol) {
      return kernel(library, symbol, List.of());
    }

    /** A micro-kernel that a launcher calls. */
    public static Function kernel(String library, String symbol, List<Integer> line) {
      return new Function(Kind.KERNEL, library, symbol, List.of(), List.of(), line, false);
    }

    /**
     * A vendor's function.
     *
     * @param symbol by which the back end knows how its library is called
     */
    public static Function vendor(String library, String symbol, List<String> preload) {
      return new Function(Kind.VENDOR, library, symbol, preload, List.of(), List.of(), false);
    }

    /**
     * A bundle on one shape.
     *
     * @param digest of its content: another that came in its place is refused
     */
    public static Function bundle(Path folder, String digest, List<Long> shape) {
      return new Function(
          Kind.BUNDLE,
          folder.toAbsolutePath().toString(),
          digest,
          List.of(),
          shape,
          List.of(),
          false);
    }

    /**
     * The same bundle.
     *
     * @param prepares whether it prepares its weights before it is checked and timed
     */
    public Function preparing(boolean prepares) {
      Kind form = prepares ? Kind.PREPARED_BUNDLE : Kind.BUNDLE;
      return new Function(form, library, symbol, preload, shape, line, checked);
    }

    /** The same, which was right before. */
    public Function withoutCheck() {
      return new Function(kind, library, symbol, preload, shape, line, true);
    }
  }

  /** A problem to verify on, computed in so many parts. */
  public record Check(Problem problem, int parts) {}
}
