package tessera.backend.cuda;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tessera.compile.JavaCommand;

/**
 * NVIDIA's run-time compiler, of whatever version the machine has. A compile runs in a process of
 * its own ({@link #command}), since nothing stops one that does not end.
 */
final class Nvrtc {
  /** The functions of {@code nvrtc.h}. */
  interface Functions extends Library {
    int nvrtcVersion(IntByReference major, IntByReference minor);

    int nvrtcCreateProgram(
        PointerByReference program,
        String source,
        String name,
        int headers,
        Pointer headerSources,
        Pointer headerNames);

    int nvrtcCompileProgram(Pointer program, int count, String[] options);

    int nvrtcGetProgramLogSize(Pointer program, LongByReference size);

    int nvrtcGetProgramLog(Pointer program, byte[] log);

    int nvrtcGetCUBINSize(Pointer program, LongByReference size);

    int nvrtcGetCUBIN(Pointer program, byte[] cubin);

    int nvrtcDestroyProgram(PointerByReference program);

    String nvrtcGetErrorString(int result);
  }

  private static final List<String> NAMES =
      List.of("nvrtc", "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2");

  private final Functions library;

  private Nvrtc(Functions library) {
    this.library = library;
  }

  static Optional<Nvrtc> load() {
    for (String name : NAMES) {
      try {
        preloadBuiltins(NativeLibrary.getInstance(name).getFile());
        return Optional.of(new Nvrtc(Native.load(name, Functions.class)));
      } catch (UnsatisfiedLinkError e) {
        continue;
      }
    }
    return Optional.empty();
  }

  /** NVRTC asks the loader for a second library, which lies beside it but often not on its path. */
  private static void preloadBuiltins(File library) {
    File[] beside =
        library == null || library.getParentFile() == null
            ? null
            : library
                .getParentFile()
                .listFiles((folder, name) -> name.startsWith("libnvrtc-builtins.so"));
    if (beside != null) {
      Arrays.stream(beside).forEach(file -> NativeLibrary.getInstance(file.getPath()));
    }
  }

  String version() {
    IntByReference major = new IntByReference();
    IntByReference minor = new IntByReference();
    check(library.nvrtcVersion(major, minor), "");
    return major.getValue() + "." + minor.getValue();
  }

  /** The command that compiles as nvcc would: flags, {@code -o}, a file to write, a source. */
  static List<String> command() {
    return JavaCommand.of(Nvrtc.class)
        .with(Native.class)
        .withOption("-Djna.library.path=" + System.getProperty("jna.library.path", ""))
        .build();
  }

  /** Compiles one file and ends with 0, or with 1 and the compiler's complaints. */
  public static void main(String[] arguments) throws IOException {
    List<String> given = List.of(arguments);
    int flags = given.indexOf("-o");
    Path artifact = Path.of(given.get(flags + 1));
    Path source = Path.of(given.get(flags + 2));
    Nvrtc nvrtc = load().orElseThrow(() -> new IllegalStateException("NVRTC cannot be loaded"));
    try {
      Files.write(
          artifact,
          nvrtc.compile(Files.readString(source), source.toString(), given.subList(0, flags)));
    } catch (IllegalStateException e) {
      System.out.println(e.getMessage());
      System.exit(1);
    }
  }

  /**
   * The cubin; what the compiler says goes to standard output.
   *
   * @throws IllegalStateException with the compiler's complaints
   */
  private byte[] compile(String source, String name, List<String> flags) {
    PointerByReference program = new PointerByReference();
    check(library.nvrtcCreateProgram(program, source, name, 0, null, null), "");
    try {
      int result =
          library.nvrtcCompileProgram(
              program.getValue(), flags.size(), flags.toArray(new String[0]));
      String log = log(program.getValue());
      check(result, log);
      System.out.println(log);
      LongByReference size = new LongByReference();
      check(library.nvrtcGetCUBINSize(program.getValue(), size), "");
      byte[] cubin = new byte[Math.toIntExact(size.getValue())];
      check(library.nvrtcGetCUBIN(program.getValue(), cubin), "");
      return cubin;
    } finally {
      library.nvrtcDestroyProgram(program);
    }
  }

  private String log(Pointer program) {
    LongByReference size = new LongByReference();
    check(library.nvrtcGetProgramLogSize(program, size), "");
    byte[] log = new byte[Math.toIntExact(size.getValue())];
    check(library.nvrtcGetProgramLog(program, log), "");
    return new String(log, StandardCharsets.UTF_8).replace("\0", "");
  }

  private void check(int result, String log) {
    if (result != 0) {
      throw new IllegalStateException(
          log.isBlank() ? "NVRTC says " + library.nvrtcGetErrorString(result) : log);
    }
  }
}
