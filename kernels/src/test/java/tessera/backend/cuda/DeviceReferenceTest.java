package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.operator.Epilogue;
import tessera.operator.Numerics;
import tessera.operator.Tolerance;

/** The float64 reference of {@code verify.cu} as a CPU runs it, held to Java's tolerance. */
final class DeviceReferenceTest {
  private static final int M = 5;
  private static final int N = 7;
  private static final int K = 33;

  private final Random random = new Random();
  private final List<Memory> parameters = new ArrayList<>();

  private Memory floats(int count) {
    Memory memory = new Memory(4L * count);
    for (int i = 0; i < count; i++) {
      memory.setFloat(4L * i, (float) random.nextGaussian());
    }
    return memory;
  }

  private void give(Object value) {
    Memory held = new Memory(8);
    if (value instanceof Integer number) {
      held.setInt(0, number);
    } else if (value instanceof Double number) {
      held.setDouble(0, number);
    } else {
      held.setPointer(0, (Pointer) value);
    }
    parameters.add(held);
  }

  @Test
  void reference_randomOperands_allowsAsJavaDoes(@TempDir Path folder) {
    assumeTrue(EmulatedGpu.isPossible(), "g++ is not installed, so no CUDA driver can be emulated");
    Path module = CudaBackend.helpers(new EmulatedGpu(folder), Samples.H200);
    Function emulated = NativeLibrary.getInstance(module.toString()).getFunction("emulated");
    Memory a = floats(M * K);
    Memory b = floats(N * K);
    Memory bias = floats(N);
    Memory expected = new Memory(8L * M * N);
    Memory allowed = new Memory(8L * M * N);
    Tolerance.Bound bound = Numerics.FLOAT32.tolerance().bound(K, Epilogue.BIAS_GELU);
    List.of(1, M, N, K, a, b, bias, 0, 0, 1, Epilogue.BIAS_GELU.activation()).forEach(this::give);
    List.of(bound.ofTerms(), bound.ofResult(), bound.least(), expected, allowed)
        .forEach(this::give);
    Memory pointers = new Memory(8L * parameters.size());
    for (int i = 0; i < parameters.size(); i++) {
      pointers.setPointer(8L * i, parameters.get(i));
    }
    assertEquals(0, emulated.invokeInt(new Object[] {"tessera_reference", 2, 32, 0, pointers}));
    for (int r = 0; r < M; r++) {
      for (int s = 0; s < N; s++) {
        double sum = bias.getFloat(4L * s);
        double magnitude = Math.abs(sum);
        for (int t = 0; t < K; t++) {
          double term = (double) a.getFloat(4L * (r * K + t)) * b.getFloat(4L * (s * K + t));
          sum += term;
          magnitude += Math.abs(term);
        }
        long at = 8L * (r * N + s);
        double result = Epilogue.BIAS_GELU.activated(sum);
        assertEquals(result, expected.getDouble(at), 1e-12 * magnitude);
        double within = bound.allowed(magnitude, result);
        assertEquals(within, allowed.getDouble(at), 1e-9 * within);
      }
    }
  }
}
