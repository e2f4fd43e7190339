package tessera.backend.cuda.compile;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tessera.Json;
import tessera.compile.JavaCommand;
import tessera.compile.TemporaryFiles;

/**
 * NVIDIA's run-time compiler, of whatever version the machine has. It runs in processes of its own
 * ({@link #command}), since nothing else stops a compile that does not end; each does one compile
 * after another.
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

    int nvrtcGetPTXSize(Pointer program, LongByReference size);

    int nvrtcGetPTX(Pointer program, byte[] ptx);

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

  /**
   * One compile.
   *
   * @param flags of the compiler
   * @param source the file to read
   * @param artifact the file to write
   */
  record Request(List<String> flags, String source, String artifact) {
    /** Compiles an empty program, with which the compiler has loaded all that it needs. */
    static final Request NOTHING = new Request(List.of(), "", "");
  }

  /**
   * @param log what the compiler said
   */
  record Answer(boolean compiled, String log) {}

  /** The command of a process that answers a {@link Request} a line with an {@link Answer}. */
  static List<String> command() {
    return JavaCommand.of(Nvrtc.class)
        .with(Native.class, ObjectMapper.class, JsonFactory.class, JsonCreator.class)
        .withOption("-Djna.library.path=" + System.getProperty("jna.library.path", ""))
        .build();
  }

  /** Compiles until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    Nvrtc nvrtc = load().orElseThrow(() -> new IllegalStateException("NVRTC cannot be loaded"));
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      System.out.println(
          Json.MESSAGES.writeValueAsString(
              nvrtc.answer(Json.MESSAGES.readValue(line, Request.class))));
    }
    TemporaryFiles.deleteOwn();
  }

  private Answer answer(Request request) throws IOException {
    try {
      return compile(request);
    } catch (IllegalStateException e) {
      return new Answer(false, e.getMessage());
    }
  }

  /**
   * @throws IllegalStateException with the compiler's complaints
   */
  private Answer compile(Request request) throws IOException {
    boolean isNothing = request.equals(Request.NOTHING);
    String source = isNothing ? "" : Files.readString(Path.of(request.source()));
    PointerByReference program = new PointerByReference();
    check(library.nvrtcCreateProgram(program, source, request.source(), 0, null, null), "");
    try {
      int result =
          library.nvrtcCompileProgram(
              program.getValue(), request.flags().size(), request.flags().toArray(new String[0]));
      String log = log(program.getValue());
      check(result, log);
      if (isNothing) {
        return new Answer(true, log);
      }
      Files.write(
          Path.of(request.artifact()),
          CudaCompiler.arePortable(request.flags())
              ? ptx(program.getValue())
              : cubin(program.getValue()));
      return new Answer(true, log);
    } finally {
      library.nvrtcDestroyProgram(program);
    }
  }

  private byte[] cubin(Pointer program) {
    LongByReference size = new LongByReference();
    check(library.nvrtcGetCUBINSize(program, size), "");
    byte[] cubin = new byte[Math.toIntExact(size.getValue())];
    check(library.nvrtcGetCUBIN(program, cubin), "");
    return cubin;
  }

  /** Without the zero at its end, as nvcc writes it. */
  private byte[] ptx(Pointer program) {
    LongByReference size = new LongByReference();
    check(library.nvrtcGetPTXSize(program, size), "");
    byte[] ptx = new byte[Math.toIntExact(size.getValue())];
    check(library.nvrtcGetPTX(program, ptx), "");
    return Arrays.copyOf(ptx, ptx.length - 1);
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
