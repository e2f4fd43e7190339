package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;

/** The Java runtime of the distribution, as the script that makes it says. */
final class DistributionTest {
  private static final Pattern MODULES = Pattern.compile("jlink --add-modules (\\S+)");
  private static final Pattern NAMED = Pattern.compile("--add-(?:modules=|opens=)([a-z.]+)");

  @Test
  void runtime_hasTheModulesThatSparkStartsExecutorsWith() throws IOException {
    Matcher listed = MODULES.matcher(Files.readString(Path.of("../scripts/dist")));
    assertTrue(listed.find(), "scripts/dist calls jlink");
    Set<String> runtime =
        Configuration.empty()
            .resolve(
                ModuleFinder.ofSystem(), ModuleFinder.of(), List.of(listed.group(1).split(",")))
            .modules()
            .stream()
            .map(module -> module.name())
            .collect(Collectors.toSet());
    Set<String> missing =
        NAMED
            .matcher(JavaModuleOptions.defaultModuleOptions())
            .results()
            .map((MatchResult found) -> found.group(1))
            .filter(name -> !runtime.contains(name))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), missing);
  }
}
