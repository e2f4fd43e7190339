package tessera.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;

final class CCompilerTest {
  @TempDir private Path folder;

  /** A compiler that only says what it is. */
  private String compiler(String name, String version) throws IOException {
    Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\necho '" + version + "'\n");
    assertTrue(file.toFile().setExecutable(true));
    return file.toString();
  }

  @Test
  void findGcc_clangUnderAnotherName_isPassedOver() throws IOException {
    String clang = compiler("gcc", "Apple clang version 15.0.0");
    String gcc = compiler("cc", "cc (Debian 12.2.0-14) 12.2.0");
    assertEquals(
        "cc (Debian 12.2.0-14) 12.2.0", CCompiler.findGcc(List.of(clang, gcc), folder).version());
  }

  @Test
  void findGcc_clangAlone_isAMistakeThatSaysSo() throws IOException {
    String clang = compiler("clang", "Debian clang version 14.0.6");
    UserError error =
        assertThrows(UserError.class, () -> CCompiler.findGcc(List.of(clang), folder));
    assertEquals(
        "micro-kernels for CPUs need GCC, which was not found; install gcc (Debian and Ubuntu: apt-get install gcc libc6-dev) and run again",
        error.getMessage());
  }
}
