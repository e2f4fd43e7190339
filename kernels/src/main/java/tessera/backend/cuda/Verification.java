package tessera.backend.cuda;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jcuda.Pointer;
import jcuda.driver.CUstream;
import tessera.workload.Epilogue;
import tessera.workload.GemmShape;
import tessera.workload.Operator;

/**
 * Random operands on the device with the float64 reference of their product, made there too, so
 * that a check takes milliseconds.
 */
final class Verification implements AutoCloseable {
  /** Operands lie this far behind an aligned address where alignment is not wanted; bytes. */
  private static final long SHIFT = 4;

  private static final int POISON = 0xffffffff;

  /** Poison before and behind the output, which nothing may overwrite; bytes. */
  private static final int GUARD = 1024;

  private final CudaDevice device;
  private final CudaFunction fill;
  private final CudaFunction compare;
  private final GemmShape shape;
  private final CudaDevice.Memory a;
  private final CudaDevice.Memory b;
  private final CudaDevice.Memory bias;
  private final CudaDevice.Memory c;
  private final CudaDevice.Memory expected;
  private final CudaDevice.Memory allowed;
  private final CudaDevice.Memory wrong = new CudaDevice.Memory(Long.BYTES);

  /** Operands again at aligned addresses, made when they are first wanted. */
  private final Map<CudaDevice.Memory, CudaDevice.Memory> copies = new HashMap<>();

  /**
   * @param helpers the module of {@code verify.cu}
   */
  Verification(
      CudaDevice device,
      CudaDevice.Module helpers,
      Operator operator,
      Epilogue epilogue,
      GemmShape shape,
      long seed) {
    this.device = device;
    this.shape = shape;
    this.fill = helpers.function("tessera_fill");
    this.compare = helpers.function("tessera_compare");
    CUstream stream = device.stream();
    a = filled(shape.batch() * shape.m() * shape.k(), seed);
    b = filled(shape.batch() * shape.n() * shape.k(), seed + 1);
    bias = filled(shape.n(), seed + 2);
    c = new CudaDevice.Memory(GUARD + SHIFT + 4 * outputs() + GUARD);
    expected = new CudaDevice.Memory(8 * outputs());
    allowed = new CudaDevice.Memory(8 * outputs());
    helpers
        .function("tessera_reference")
        .launchOver(
            stream,
            outputs(),
            Math.toIntExact(shape.batch()),
            Math.toIntExact(shape.m()),
            Math.toIntExact(shape.n()),
            Math.toIntExact(shape.k()),
            a.at(SHIFT),
            b.at(SHIFT),
            epilogue.bias() ? bias.at(SHIFT) : 0L,
            operator.secondIsNk() ? 1 : 0,
            epilogue.activation(),
            expected.at(0),
            allowed.at(0));
    device.synchronize();
  }

  private long outputs() {
    return shape.batch() * shape.m() * shape.n();
  }

  private CudaDevice.Memory filled(long count, long seed) {
    CudaDevice.Memory memory = new CudaDevice.Memory(4 * count + SHIFT);
    fill.launchOver(device.stream(), count, memory.at(SHIFT), count, seed);
    return memory;
  }

  /** What is wrong with the function on this shape; empty when it is right. */
  Optional<String> check(DeviceFunction function) {
    Optional<String> wrong = function.needsAlignment() ? Optional.empty() : run(function, false);
    if (wrong.isEmpty() && DeviceFunction.canBeAligned(shape)) {
      return run(function, true);
    }
    return wrong;
  }

  private Optional<String> run(DeviceFunction function, boolean aligned) {
    CUstream stream = device.stream();
    try (DeviceFunction.Call call = function.on(shape, stream)) {
      c.set(POISON, stream);
      call.enqueue(
          stream,
          aligned,
          new DeviceFunction.Operands(
              operand(a, aligned),
              operand(b, aligned),
              operand(bias, aligned),
              c.at(place(aligned))));
      return compare(aligned);
    }
  }

  /** An operand where it was made, behind SHIFT, or its copy at an aligned address. */
  private long operand(CudaDevice.Memory memory, boolean aligned) {
    return aligned ? copies.computeIfAbsent(memory, this::copy).at(0) : memory.at(SHIFT);
  }

  private CudaDevice.Memory copy(CudaDevice.Memory memory) {
    CudaDevice.Memory copy = new CudaDevice.Memory(memory.bytes() - SHIFT);
    copy.copyFrom(memory, SHIFT, device.stream());
    return copy;
  }

  /** Where the output lies in its memory. */
  private static long place(boolean aligned) {
    return GUARD + (aligned ? 0 : SHIFT);
  }

  private Optional<String> compare(boolean aligned) {
    CUstream stream = device.stream();
    wrong.set(POISON, stream);
    long place = place(aligned);
    compare.launchOver(
        stream, outputs(), c.at(place), expected.at(0), allowed.at(0), outputs(), wrong.at(0));
    device.synchronize();
    long[] first = new long[1];
    wrong.read(0, Pointer.to(first), Long.BYTES);
    if (first[0] != -1) {
      return Optional.of(describe(first[0], place));
    }
    long behind = place + 4 * outputs();
    boolean kept = isPoison(0, place) && isPoison(behind, c.bytes() / 4 * 4 - behind);
    return kept
        ? Optional.empty()
        : Optional.of(shape + ": something outside the output was written");
  }

  private boolean isPoison(long offset, long bytes) {
    int[] words = new int[Math.toIntExact(bytes / 4)];
    c.read(offset, Pointer.to(words), bytes);
    return Arrays.stream(words).allMatch(word -> word == POISON);
  }

  private String describe(long at, long place) {
    float[] got = new float[1];
    double[] should = new double[1];
    double[] within = new double[1];
    c.read(place + 4 * at, Pointer.to(got), 4);
    expected.read(8 * at, Pointer.to(should), 8);
    allowed.read(8 * at, Pointer.to(within), 8);
    return "%s%s: element [%d, %d, %d] is %.9g, should be %.9g within %.3g"
        .formatted(
            shape,
            place == GUARD ? " aligned" : "",
            at / (shape.m() * shape.n()),
            at / shape.n() % shape.m(),
            at % shape.n(),
            got[0],
            should[0],
            within[0]);
  }

  @Override
  public void close() {
    for (CudaDevice.Memory memory : List.of(a, b, bias, c, expected, allowed, wrong)) {
      memory.close();
    }
    copies.values().forEach(CudaDevice.Memory::close);
  }
}
