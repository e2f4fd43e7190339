package tessera.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On made-up machines of 24,000 kB. */
final class HostMemoryTest {
  private static final long MACHINE = 24_000 * 1024;

  @TempDir private Path root;

  @BeforeEach
  void machine() throws IOException {
    write("proc/meminfo", "MemFree: 1 kB\nMemTotal:       24000 kB\nSwapTotal: 5 kB\n");
  }

  private void write(String path, String text) throws IOException {
    Files.createDirectories(root.resolve(path).getParent());
    Files.writeString(root.resolve(path), text);
  }

  @Test
  void bytes_withoutGroups_isTheMachines() {
    assertEquals(MACHINE, HostMemory.bytes(root));
  }

  @Test
  void bytes_inGroupsOfVersion2_isTheLeastOnTheWayUp() throws IOException {
    write("proc/self/cgroup", "0::/user/job\n");
    write("sys/fs/cgroup/user/job/memory.max", "max\n");
    assertEquals(MACHINE, HostMemory.bytes(root));
    write("sys/fs/cgroup/user/memory.max", "5000\n");
    assertEquals(5000, HostMemory.bytes(root));
    write("sys/fs/cgroup/user/job/memory.max", "7000\n");
    assertEquals(5000, HostMemory.bytes(root));
    write("sys/fs/cgroup/memory.max", "3000\n");
    assertEquals(3000, HostMemory.bytes(root));
  }

  @Test
  void bytes_inGroupsOfVersion1_isTheMemoryControllers() throws IOException {
    write("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:hugetlb,memory:/a\n0::/b\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "6000\n");
    assertEquals(6000, HostMemory.bytes(root));
  }

  @Test
  void bytes_ofAGroupThatIsNotMountedHere_isTheMounts() throws IOException {
    write("sys/fs/cgroup/memory.max", "4000\n");
    write("proc/self/cgroup", "0::/docker/0123\n");
    assertEquals(4000, HostMemory.bytes(root));
    write("proc/self/cgroup", "0::/../../outside\n");
    assertEquals(4000, HostMemory.bytes(root));
  }

  @Test
  void bytes_ofLimitsAboveTheMachine_isTheMachines() throws IOException {
    write("proc/self/cgroup", "0::/\n");
    write("sys/fs/cgroup/memory.max", "99999999999999999999\n");
    assertEquals(MACHINE, HostMemory.bytes(root));
  }

  @Test
  void bytes_ofThisMachine_areMoreThanAMegabyte() {
    assertTrue(HostMemory.bytes() > 1 << 20);
  }

  @Test
  void words_ofBytes_haveTheLargestUnit() {
    assertEquals("999 B", HostMemory.words(999));
    assertEquals("1.5 kB", HostMemory.words(1500));
    assertEquals("268.4 GB", HostMemory.words(268.4354e9));
    assertEquals("5000.0 EB", HostMemory.words(5e21));
  }
}
