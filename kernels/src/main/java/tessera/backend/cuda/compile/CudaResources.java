package tessera.backend.cuda.compile;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the functions of a cubin use, the most of any of them.
 *
 * @param registers of a thread
 * @param spillBytes of a thread's registers that were moved to memory
 */
public record CudaResources(int registers, int spillBytes) {
  private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
  private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill stores");

  /** Reads what {@code ptxas -v} printed. */
  static CudaResources parse(String log) {
    int registers = most(REGISTERS, log);
    if (registers < 0) {
      throw new IllegalArgumentException("no register count in what ptxas printed: " + log);
    }
    return new CudaResources(registers, Math.max(0, most(SPILLS, log)));
  }

  private static int most(Pattern pattern, String log) {
    int most = -1;
    for (Matcher matcher = pattern.matcher(log); matcher.find(); ) {
      most = Math.max(most, Integer.parseInt(matcher.group(1)));
    }
    return most;
  }
}
