package tessera.integrity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import tessera.Digest;
import tessera.UserError;
import tessera.compile.Subprocess;

final class CheckedFolderTest {
  private static final byte[] CONTENT = "content".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path temporary;

  /** A folder whose list has one more line, and the refusal of all of it. */
  private String refusal(String name) throws IOException {
    Path folder = Files.createTempDirectory(temporary, "bundle");
    Files.write(folder.resolve("file"), CONTENT);
    return refusal(folder, sum(CONTENT, "file") + sum(CONTENT, name));
  }

  private static String refusal(Path folder, String list) throws IOException {
    Files.write(folder.resolve(CheckedFolder.SUMS), list.getBytes(StandardCharsets.UTF_8));
    return assertThrows(
            UserError.class, () -> CheckedFolder.open(folder, Trust.anyone()).checkAll())
        .getMessage()
        .replace(folder.toString(), "FOLDER");
  }

  private static String sum(byte[] content, String name) {
    return Digest.sha256(content) + "  " + name + "\n";
  }

  @Test
  void open_namesThatLeadOutOrMeanOthers_areRefused() throws IOException {
    Files.write(temporary.resolve("outside"), CONTENT);
    for (String name :
        List.of(
            "../outside",
            temporary.resolve("outside").toString(),
            "/dev/zero",
            "kernels/../../outside",
            "./file",
            ".hidden",
            "kernels//a.c",
            "kernels/",
            "-rf",
            "..\\outside",
            "C:outside",
            "a\0b",
            "a\rb",
            "a b",
            "",
            "a/b/c/d/e",
            "cafe\u0301", // the letter e and an accent
            "caf\u00e9",
            "file\uff0ec", // a full stop of full width
            "x".repeat(241))) {
      String message = refusal(name);
      assertTrue(
          message.startsWith("FOLDER is corrupt: it lists the name '"), name + ": " + message);
    }
  }

  @Test
  void open_damagedLists_areRefused() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("bundle"));
    Files.write(folder.resolve("file"), CONTENT);
    String good = sum(CONTENT, "file");
    String noList =
        "FOLDER is corrupt: SHA256SUMS is no list of checksums; publish the bundle again";
    for (String list :
        List.of(
            "", "\n", good.substring(1), good + "x", good.strip(), "# a\n" + good, good + "\n")) {
      assertEquals(noList, refusal(folder, list), list);
    }
    assertEquals(
        "FOLDER is corrupt: SHA256SUMS lists file twice; publish the bundle again",
        refusal(folder, good + good));
    assertEquals(
        "FOLDER is corrupt: SHA256SUMS has more than 4194304 bytes; publish the bundle again",
        refusal(folder, good.repeat(60_000)));
  }

  @Test
  void checkAll_linksFoldersAndPipes_areRefused() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("bundle"));
    Path outside = Files.createDirectory(temporary.resolve("outside"));
    Files.write(outside.resolve("file"), CONTENT);
    Files.createSymbolicLink(folder.resolve("link"), outside.resolve("file"));
    Files.createSymbolicLink(folder.resolve("kernels"), outside);
    Files.createSymbolicLink(folder.resolve("zero"), Path.of("/dev/zero"));
    Files.createDirectory(folder.resolve("folder"));
    Subprocess.run(List.of("mkfifo", "pipe"), folder, Duration.ofSeconds(20));
    for (String name : List.of("link", "kernels/file", "zero")) {
      assertEquals(
          "FOLDER is corrupt: " + name + " is reached by a link; publish the bundle again",
          refusal(folder, sum(CONTENT, name)));
    }
    for (String name : List.of("folder", "pipe", "file", "kernel/file")) {
      assertEquals(
          "FOLDER is corrupt: " + name + " is missing; publish the bundle again",
          refusal(folder, sum(CONTENT, name)));
    }
    Files.move(folder.resolve(CheckedFolder.SUMS), outside.resolve("list"));
    Files.createSymbolicLink(folder.resolve(CheckedFolder.SUMS), outside.resolve("list"));
    assertThrows(UserError.class, () -> CheckedFolder.open(folder, Trust.anyone()));
  }

  @Test
  void checkAll_codeThatNobodyListed_isRefused() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("bundle"));
    Files.write(folder.resolve("tessera.py"), CONTENT);
    Files.writeString(folder.resolve(CheckedFolder.SUMS), sum(CONTENT, "tessera.py"));
    Files.createDirectories(folder.resolve("__pycache__"));
    Files.write(folder.resolve("notes.txt"), CONTENT);
    CheckedFolder.open(folder, Trust.anyone()).checkAllUnused();
    Files.write(folder.resolve("__pycache__/tessera.cpython-311.pyc"), CONTENT);
    CheckedFolder.open(folder, Trust.anyone()).checkAll();
    assertEquals(
        folder
            + " has the file '__pycache__/tessera.cpython-311.pyc', which was not published with it and could be loaded; remove it",
        refusal(() -> CheckedFolder.open(folder, Trust.anyone()).checkAllUnused()));
    for (String name :
        List.of("json.py", "libc.so.6", "ctypes/__init__.py", "re.pyc", "kernels/_ctypes.so")) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, CONTENT);
      assertEquals(
          "FOLDER has the file '"
              + name
              + "', which was not published with it and could be loaded; remove it",
          refusal(folder, sum(CONTENT, "tessera.py")));
      Files.delete(file);
    }
  }

  @Test
  void checkAll_codeWithALineFeedInItsName_isRefused() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("bundle"));
    Files.write(folder.resolve("file"), CONTENT);
    Files.write(folder.resolve("a\nb.py"), CONTENT);
    assertTrue(refusal(folder, sum(CONTENT, "file")).startsWith("FOLDER has the file 'a?b.py', "));
  }

  @Test
  void checkAll_linkThatNobodyListed_isRefused() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("bundle"));
    Files.write(folder.resolve("file"), CONTENT);
    Files.createSymbolicLink(
        folder.resolve("numpy"), Files.createDirectory(temporary.resolve("elsewhere")));
    assertEquals(
        "FOLDER has the link 'numpy', which was not published with it and could be loaded; remove it",
        refusal(folder, sum(CONTENT, "file")));
  }

  @Test
  void bytes_fileThatWasSwappedSinceTheCheck_isRefused() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("bundle"));
    Files.write(folder.resolve("file"), CONTENT);
    Files.writeString(folder.resolve(CheckedFolder.SUMS), sum(CONTENT, "file"));
    CheckedFolder checked = CheckedFolder.open(folder, Trust.anyone());
    checked.checkAll();
    assertEquals("content", new String(checked.bytes("file", 7), StandardCharsets.UTF_8));
    assertTrue(refusal(() -> checked.bytes("file", 6)).contains("file has more than 6 bytes"));
    assertTrue(refusal(() -> checked.bytes("other", 9)).contains("does not list other"));
    Files.writeString(folder.resolve("file"), "CONTENT");
    assertTrue(refusal(() -> checked.bytes("file", 7)).contains("file was changed since"));
  }

  private static String refusal(Executable reading) {
    return assertThrows(UserError.class, reading).getMessage();
  }

  @Test
  void path_sameContent_isOneLibraryThatNobodyCanChange() throws IOException {
    byte[] other = "other content".getBytes(StandardCharsets.UTF_8);
    Path path = Path.of(SealedLibrary.path(CONTENT));
    assertEquals(path.toString(), SealedLibrary.path(CONTENT.clone()));
    assertTrue(!path.toString().equals(SealedLibrary.path(other)));
    assertEquals("content", Files.readString(path));
    assertThrows(IOException.class, () -> Files.write(path, other));
    assertEquals("content", Files.readString(path));
  }
}
