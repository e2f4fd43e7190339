package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The schedules in conf, as those read them who run them; the command in each is run with a
 * stand-in.
 */
final class SchedulesTest {
  private static final Path CONF = Path.of("..", "conf").toAbsolutePath().normalize();
  private static final String COMMAND = "/opt/tessera/scripts/tessera";

  @TempDir private Path folder;

  private record Ran(int code, String output) {}

  private static Ran run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ran(process.waitFor(), output);
  }

  /** A program that says what it was asked and ends with a code. */
  private Path standIn(int code) throws IOException {
    Path program = folder.resolve("stand-in");
    Files.writeString(program, "#!/bin/sh\necho \"$@\"\nexit " + code + "\n");
    assertTrue(program.toFile().setExecutable(true));
    return program;
  }

  @Test
  void systemd_unitAndTimer_areVerified() throws Exception {
    assumeTrue(
        run(List.of("sh", "-c", "command -v systemd-analyze")).code == 0,
        "systemd-analyze is not installed");
    for (String unit : List.of("tessera-retune.service", "tessera-retune.timer")) {
      String text = Files.readString(CONF.resolve("systemd").resolve(unit));
      Files.writeString(folder.resolve(unit), text.replace(COMMAND, standIn(0).toString()));
    }
    Ran ran =
        run(
            List.of(
                "systemd-analyze",
                "verify",
                "--man=no",
                folder.resolve("tessera-retune.service").toString(),
                folder.resolve("tessera-retune.timer").toString()));
    List<String> own = ran.output.lines().filter(line -> line.contains("tessera-retune")).toList();
    assertEquals(List.of(), own, ran.output);
    String calendar =
        Files.readString(folder.resolve("tessera-retune.timer"))
            .lines()
            .filter(line -> line.startsWith("OnCalendar="))
            .findFirst()
            .orElseThrow()
            .substring("OnCalendar=".length());
    Ran next = run(List.of("systemd-analyze", "calendar", calendar));
    assertEquals(0, next.code, next.output);
  }

  @Test
  void systemd_exitCodesOfARetune_areNoFailures() throws IOException {
    assertTrue(
        Files.readString(CONF.resolve("systemd/tessera-retune.service"))
            .contains("\nSuccessExitStatus=10 11 13\n"));
  }

  /** A user of the unit's own has a folder that no other can read; a lock in /tmp is for all. */
  @Test
  void systemd_bundlesAndLocksOfDevices_areSharedWithOthers() throws IOException {
    List<String> unit = Files.readAllLines(CONF.resolve("systemd/tessera-retune.service"));
    assertFalse(unit.contains("DynamicUser=yes"));
    assertFalse(unit.contains("PrivateTmp=yes"));
    assertTrue(unit.contains("User=" + crontab().group(2)), "the user of the crontab");
  }

  /** The line of a crontab: its schedule, its user and its command. */
  private static Matcher crontab() throws IOException {
    String line =
        Files.readString(CONF.resolve("cron/tessera-retune"))
            .lines()
            .filter(text -> text.matches("[0-9*].*"))
            .findFirst()
            .orElseThrow();
    Matcher parts = Pattern.compile("(\\S+ \\S+ \\S+ \\S+ \\S+) (\\w+) (.*)").matcher(line);
    assertTrue(parts.matches(), line);
    return parts;
  }

  private static ZonedDateTime next(String schedule) {
    ZonedDateTime noon = ZonedDateTime.of(2026, 2, 28, 12, 0, 0, 0, ZoneOffset.UTC);
    CronParser parser = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
    return ExecutionTime.forCron(parser.parse(schedule)).nextExecution(noon).orElseThrow();
  }

  @Test
  void crontab_isDueTheNextNight() throws IOException {
    assertEquals(
        ZonedDateTime.of(2026, 3, 1, 3, 30, 0, 0, ZoneOffset.UTC), next(crontab().group(1)));
  }

  @ParameterizedTest
  @CsvSource({"0, false", "13, false", "10, true", "11, true", "1, true", "2, true"})
  void crontab_command_printsWhatAPersonIsToRead(int code, boolean prints) throws Exception {
    String command = crontab().group(3);
    assertTrue(!command.contains("%"), "cron takes that for the end of a line");
    Ran ran = run(List.of("sh", "-c", command.replace(COMMAND, standIn(code).toString())));
    String expected = "retune --bundles /var/lib/tessera/out --keep 3\nexit code " + code + "\n";
    assertEquals(prints ? expected : "", ran.output);
  }

  private static CronJob cronJob() throws IOException {
    String text = Files.readString(CONF.resolve("kubernetes/retune.yaml"));
    return new KubernetesSerialization().unmarshal(text, CronJob.class);
  }

  @Test
  void kubernetes_cronJob_isReadByTheClientsModel() throws IOException {
    CronJob job = cronJob();
    assertEquals(Map.of(), job.getAdditionalProperties());
    assertEquals(Map.of(), job.getSpec().getAdditionalProperties());
    assertEquals("Forbid", job.getSpec().getConcurrencyPolicy());
    assertEquals(
        ZonedDateTime.of(2026, 3, 1, 3, 30, 0, 0, ZoneOffset.UTC),
        next(job.getSpec().getSchedule()));
    JobSpec spec = job.getSpec().getJobTemplate().getSpec();
    assertEquals(Map.of(), spec.getAdditionalProperties());
    assertEquals(
        List.of(2, 11), spec.getPodFailurePolicy().getRules().get(0).getOnExitCodes().getValues());
    assertEquals("Never", spec.getTemplate().getSpec().getRestartPolicy(), "as that policy asks");
    Container container = spec.getTemplate().getSpec().getContainers().get(0);
    assertEquals(Map.of(), container.getAdditionalProperties());
    Map<String, Quantity> limits = new TreeMap<>(container.getResources().getLimits());
    assertEquals(new Quantity("1"), limits.get("nvidia.com/gpu"));
    assertEquals("ROOT", container.getEnv().get(0).getName());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "10, 0", "13, 0", "11, 11", "2, 2", "1, 1"})
  void kubernetes_command_endsAsAJobUnderstandsIt(int code, int expected) throws Exception {
    Container container =
        cronJob()
            .getSpec()
            .getJobTemplate()
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .get(0);
    assertEquals(List.of("/bin/bash", "-c"), container.getCommand());
    String script =
        container.getArgs().get(0).replace("/opt/spark/bin/spark-submit", standIn(code).toString());
    Ran ran = run(List.of("bash", "-c", "ROOT=hdfs://host/out\n" + script));
    assertEquals(expected, ran.code, ran.output);
    assertTrue(
        ran.output.endsWith("tessera-job.jar retune --bundles hdfs://host/out --keep 3\n"),
        ran.output);
  }
}
