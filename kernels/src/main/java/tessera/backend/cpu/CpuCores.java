package tessera.backend.cpu;

import java.util.Locale;
import java.util.Optional;

/**
 * The cores that this process may use.
 *
 * @param usable by the affinity mask and by the quotas of the control groups, rounded up
 * @param allowed by the affinity mask alone
 * @param quota cores' worth of time by the control groups; 0 for no quota
 * @param file the control group's file that holds the quota
 */
record CpuCores(int usable, int allowed, double quota, String file) {
  /** What a quota means for timings, where there is one that counts. */
  Optional<String> restriction() {
    if (quota <= 0 || quota >= allowed) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "this process may use %.1f of %d cores (cgroup %s); timings with %s would be throttled",
            quota,
            allowed,
            file,
            quota < 1 ? "any number of threads" : "more threads"));
  }
}
