package tessera.job.bench.retune;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tessera.UserError;
import tessera.compile.Account;
import tessera.compile.BuildResult;
import tessera.compile.CCompiler;
import tessera.compile.SourceUnit;
import tessera.compile.Template;

/** A CPU bundle's library whose calls take longer by a share, to see whether somebody notices. */
public final class SlowedLibrary {
  private SlowedLibrary() {}

  /**
   * @param library the original, which must stay where it is
   * @param share of a call's time; 0.08 for 8%
   */
  public static byte[] of(Path library, double share) {
    List<String> flags =
        List.of(
            "-O2",
            "-std=gnu11",
            "-fPIC",
            "-shared",
            "-DSLOWED_LIBRARY=\"" + library.toAbsolutePath() + "\"",
            "-DSLOWED_SHARE=" + share);
    String text = Template.resource(SlowedLibrary.class, "slowed.c");
    try {
      BuildResult built =
          CCompiler.findGcc(Account.cache().resolve("builds"))
              .build(new SourceUnit("slowed.c", Map.of("slowed.c", text), flags));
      return Files.readAllBytes(
          built
              .artifact()
              .orElseThrow(
                  () -> new UserError("the slowed library cannot be built: " + built.message())));
    } catch (IOException e) {
      throw UserError.of("the slowed library cannot be read", e, "free space in the build cache");
    }
  }
}
