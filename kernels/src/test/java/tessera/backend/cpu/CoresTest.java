package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.compile.Subprocess;
import tessera.compile.Template;

/** CPU quotas of control groups, read from made-up trees, and the default number of threads. */
final class CoresTest {
  private static final String PROGRAM =
      """
      #include "cores.h"
      int main(int count, char **arguments) {
        if (count > 1) {
          tessera_quota quota = tessera_cpu_quota(arguments[1]);
          printf("%.2f %s", quota.cores, quota.file);
        } else {
          printf("%d of %d", tessera_default_threads(), tessera_usable_cores());
        }
        return 0;
      }
      """;

  @TempDir private static Path program;
  @TempDir private Path root;

  @BeforeAll
  static void compile() throws IOException {
    Files.writeString(program.resolve("cores.h"), Template.resource(CoresTest.class, "cores.h"));
    Files.writeString(program.resolve("cores.c"), PROGRAM);
    Subprocess.Result built =
        run(
            "command -v gcc >/dev/null || exit 77; gcc -std=gnu11 -O1 -Wall -Wextra -Werror -Wno-format-truncation -o cores cores.c");
    assumeTrue(built.exitCode() != 77, "gcc is not installed");
    assertEquals(0, built.exitCode(), built.output());
  }

  private static Subprocess.Result run(String command) throws IOException {
    return Subprocess.run(List.of("sh", "-c", command), program, Duration.ofSeconds(60));
  }

  private void file(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private String quota() throws IOException {
    return run("exec ./cores '" + root + "'").output();
  }

  @Test
  void quota_noControlGroups_isNone() throws IOException {
    assertEquals("0.00 ", quota());
  }

  @Test
  void quota_version2_isTheStrictestUpToTheRoot() throws IOException {
    file("proc/self/cgroup", "0::/user.slice/app/worker\n");
    file("sys/fs/cgroup/user.slice/app/worker/cpu.max", "max 100000\n");
    assertEquals("0.00 ", quota());
    file("sys/fs/cgroup/user.slice/app/cpu.max", "150000 100000\n");
    file("sys/fs/cgroup/user.slice/cpu.max", "400000 100000\n");
    assertEquals("1.50 cpu.max", quota());
  }

  @Test
  void quota_version2InAContainer_isThatOfTheMount() throws IOException {
    file("proc/self/cgroup", "0::/\n");
    file("sys/fs/cgroup/cpu.max", "50000 100000\n");
    assertEquals("0.50 cpu.max", quota());
    file("proc/self/cgroup", "0::/../../of/the/host\n");
    assertEquals("0.50 cpu.max", quota());
  }

  @Test
  void quota_version1_isOfTheCpuController() throws IOException {
    file("proc/self/cgroup", "5:memory:/m\n3:cpu,cpuacct:/docker/a\n0::/\n");
    file("sys/fs/cgroup/cpu,cpuacct/docker/a/cpu.cfs_quota_us", "-1\n");
    file("sys/fs/cgroup/cpu,cpuacct/docker/a/cpu.cfs_period_us", "100000\n");
    assertEquals("0.00 ", quota());
    file("sys/fs/cgroup/cpu,cpuacct/docker/a/cpu.cfs_quota_us", "300000\n");
    assertEquals("3.00 cpu.cfs_quota_us", quota());
    file("sys/fs/cgroup/cpu/docker/cpu.cfs_quota_us", "10000\n");
    file("sys/fs/cgroup/cpu/docker/cpu.cfs_period_us", "5000\n");
    assertEquals("2.00 cpu.cfs_quota_us", quota());
  }

  @Test
  void quota_otherControllersAlone_isNone() throws IOException {
    file("proc/self/cgroup", "4:cpuset,cpuacct:/a\n");
    file("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "10000\n");
    file("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "10000\n");
    assertEquals("0.00 ", quota());
  }

  @Test
  void defaultThreads_ompNumThreads_areFewerButNotMore() throws IOException {
    String cores = run("env -u OMP_NUM_THREADS ./cores").output().split(" of ")[1];
    assertEquals("1 of " + cores, run("OMP_NUM_THREADS=1 ./cores").output());
    assertEquals("1 of " + cores, run("OMP_NUM_THREADS=1,4 ./cores").output());
    for (String other : List.of("0", "-1", "many", "1000000", "")) {
      String all = cores + " of " + cores;
      assertEquals(all, run("OMP_NUM_THREADS='" + other + "' ./cores").output(), other);
    }
  }

  @Test
  void defaultThreads_affinityOfOneCore_areOne() throws IOException {
    Subprocess.Result one =
        run(
            "command -v taskset >/dev/null || exit 77; "
                + "core=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//'); exec taskset -c $core ./cores");
    assumeTrue(one.exitCode() != 77, "taskset is not installed");
    assertEquals("1 of 1", one.output());
  }

  @Test
  void restriction_quotaBelowTheCores_isOneSentence() {
    assertEquals(
        Optional.of(
            "this process may use 1.0 of 2 cores (cgroup cpu.max); timings with more threads would be throttled"),
        new CpuCores(1, 2, 1, "cpu.max").restriction());
    assertEquals(
        Optional.of(
            "this process may use 0.5 of 8 cores (cgroup cpu.cfs_quota_us); timings with any number of threads would be throttled"),
        new CpuCores(1, 8, 0.5, "cpu.cfs_quota_us").restriction());
    assertEquals(Optional.empty(), new CpuCores(2, 2, 0, "").restriction());
    assertEquals(Optional.empty(), new CpuCores(2, 2, 2, "cpu.max").restriction());
  }
}
