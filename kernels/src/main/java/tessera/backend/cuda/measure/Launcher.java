package tessera.backend.cuda.measure;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUstream;
import tessera.backend.cuda.driver.CudaFault;
import tessera.operator.Epilogue;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.runtime.DeviceAddress;

/**
 * The C run-time of bundles ({@code library/worker.c}), by which micro-kernels are launched here as
 * they are when a bundle is called. It reaches the driver itself, in the context of this thread.
 */
final class Launcher {
  /** Streams and launchers are pointers, addresses on the device plain numbers. */
  interface Functions extends Library {
    String tessera_launcher_fault();

    Pointer tessera_launcher_open(byte[] cubin, int[] line, int fields);

    int tessera_launcher_needs_alignment(Pointer launcher);

    int tessera_launcher_poison(Pointer launcher, Pointer stream);

    int tessera_launcher_run(Pointer launcher, long[] extents, long[] operands, Pointer stream);

    void tessera_launcher_close(Pointer launcher);
  }

  private final Functions library;

  Launcher(Path file) {
    this.library = Native.load(file.toString(), Functions.class);
  }

  /**
   * Loads a micro-kernel.
   *
   * @param line its line of a bundle's table
   * @throws CudaFault when the driver refuses it
   */
  DeviceFunction load(Path cubin, List<Integer> line) {
    int[] fields = line.stream().mapToInt(Integer::intValue).toArray();
    Pointer opened = library.tessera_launcher_open(image(cubin), fields, fields.length);
    if (opened == null) {
      throw new CudaFault(cubin + ": " + library.tessera_launcher_fault());
    }
    return new Loaded(opened);
  }

  private static byte[] image(Path cubin) {
    try {
      return Files.readAllBytes(cubin);
    } catch (IOException e) {
      throw new CudaFault(cubin + " cannot be read: " + e.getMessage());
    }
  }

  private void check(int succeeded) {
    if (succeeded == 0) {
      throw new CudaFault(library.tessera_launcher_fault());
    }
  }

  /** Its workspaces are kept from call to call, and freed with it. */
  private final class Loaded implements DeviceFunction {
    private final Pointer launcher;

    Loaded(Pointer launcher) {
      this.launcher = launcher;
    }

    @Override
    public boolean needsAlignment() {
      return library.tessera_launcher_needs_alignment(launcher) != 0;
    }

    @Override
    public Call on(Problem problem, Epilogue epilogue, CUstream stream) {
      check(library.tessera_launcher_poison(launcher, pointer(stream)));
      long[] extents = problem.gemm().toArray();
      Operator operator = problem.operator();
      return (on, operands) -> run(extents, on, addresses(operator, epilogue, operands));
    }

    private void run(long[] extents, CUstream stream, long[] addresses) {
      check(library.tessera_launcher_run(launcher, extents, addresses, pointer(stream)));
    }

    @Override
    public void close() {
      library.tessera_launcher_close(launcher);
    }
  }

  /** As {@code worker.c} takes them: a, b, the bias or 0, and c. */
  private static long[] addresses(
      Operator operator, Epilogue epilogue, Map<String, Long> operands) {
    long bias =
        epilogue.operands(operator).stream()
            .mapToLong(added -> operands.get(added.name()))
            .findFirst()
            .orElse(0);
    return new long[] {
      operands.get(operator.inputs().get(0).name()),
      operands.get(operator.inputs().get(1).name()),
      bias,
      operands.get(operator.output().name())
    };
  }

  private static Pointer pointer(CUstream stream) {
    return new Pointer(DeviceAddress.of(stream));
  }
}
