package tessera.compile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What compilers and workers are given of this process and what they may take of the machine: none
 * of its secrets, a temporary folder of their own, and limits.
 */
final class Confinement {
  /** Where a program is found, where it may write, how it speaks, and what of a device it sees. */
  private static final Pattern INHERITED =
      Pattern.compile(
          "PATH|HOME|USER|LOGNAME|HOSTNAME|TZ|LANG|LC_\\w+|XDG_CACHE_HOME|JAVA_HOME"
              + "|LD_LIBRARY_PATH|LD_PRELOAD|LIBRARY_PATH|CPATH|C_INCLUDE_PATH|CPLUS_INCLUDE_PATH"
              + "|COMPILER_PATH|GCC_EXEC_PREFIX|NIX_\\w+"
              + "|(CUDA|NVIDIA|NVCC|NVRTC|OMP|GOMP|KMP|QEMU)_\\w+"
              + "|(AOCL|DLP|DNNL|LIBXSMM|MKL|ONEDNN|OPENBLAS)_\\w+");

  /** NVIDIA_API_KEY is one. */
  private static final Pattern SECRET =
      Pattern.compile(".*(KEY|SECRET|PASSW|TOKEN|CREDENTIAL).*", Pattern.CASE_INSENSITIVE);

  /** Names the private folder to a process that has one. */
  static final String FOLDER = "TESSERA_PRIVATE_FOLDER";

  /**
   * Seconds of one core: a day of 64 cores. Deadlines end what hangs; this ends what nobody watches
   * any more.
   */
  private static final long MOST_CPU_SECONDS = 64 * 24 * 3600;

  /** The kernel's choice where memory runs out, before whatever else runs on the machine. */
  private static final String LIMITS =
      "ulimit -c 0; ulimit -t "
          + MOST_CPU_SECONDS
          + "; { echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null";

  private static final String EXEC = "; exec \"$@\"";

  /** Runs a command; where its parent is gone by its end, its temporary folder goes too. */
  private static final String TIDILY =
      "(exec \"$@\"); code=$?; { read -r _ _ _ parent _ </proc/$$/stat; } 2>/dev/null"
          + "; [ \"${parent:-$PPID}\" = \"$PPID\" ] || rm -rf \"$TMPDIR\"; exit $code";

  private Confinement() {}

  /** Leaves of an environment what a child process is given. */
  static void reduce(Map<String, String> environment) {
    environment.keySet().removeIf(name -> !isInherited(name));
  }

  static boolean isInherited(String name) {
    return INHERITED.matcher(name).matches() && !SECRET.matcher(name).matches();
  }

  /** A command that gets no more addresses. */
  static List<String> within(long kib, List<String> command) {
    return inShell("ulimit -v " + kib + EXEC, command);
  }

  /** A command of which the process, and what it starts, has limits and leaves no core behind. */
  static List<String> limited(List<String> command) {
    return inShell(LIMITS + EXEC, command);
  }

  /**
   * As {@link #limited}; the shell around the command removes its TMPDIR at its end where the
   * process that started it is gone by then.
   */
  static List<String> limitedTidily(List<String> command) {
    return inShell(LIMITS + "; " + TIDILY, command);
  }

  private static List<String> inShell(String script, List<String> command) {
    List<String> all = new ArrayList<>(List.of("sh", "-c", script, "sh"));
    all.addAll(command);
    return all;
  }
}
