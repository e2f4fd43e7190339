package tessera.backend.cuda.measure;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import jcuda.Pointer;
import jcuda.driver.CUstream;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFunction;
import tessera.backend.cuda.driver.DeviceType;
import tessera.operator.DataType;
import tessera.operator.Epilogue;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.operator.Operand;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.operator.Tolerance;

/**
 * Random operands on the device with the float64 reference of their product, made there too, so
 * that a check takes milliseconds.
 */
final class Verification implements AutoCloseable {
  private static final int POISON = 0xffffffff;

  /** Poison before and behind the output, which nothing may overwrite; bytes. */
  private static final int GUARD = 1024;

  private final CudaDevice device;
  private final CudaFunction fill;
  private final CudaFunction compare;
  private final CudaFunction value;
  private final Problem problem;
  private final Epilogue epilogue;
  private final Numerics numerics;
  private final GemmShape shape;

  /** By the operands' names. */
  private final Map<String, CudaDevice.Memory> inputs = new LinkedHashMap<>();

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
      Problem problem,
      Epilogue epilogue,
      Numerics numerics,
      long seed) {
    this.device = device;
    this.problem = problem;
    this.epilogue = epilogue;
    this.numerics = numerics;
    this.shape = problem.gemm();
    this.fill = helpers.function("tessera_fill");
    this.compare = helpers.function("tessera_compare");
    this.value = helpers.function("tessera_value");
    for (Operand operand : operands()) {
      inputs.put(operand.name(), filled(operand, seed + inputs.size()));
    }
    c = new CudaDevice.Memory(GUARD + shift(numerics.output()) + outputBytes() + GUARD);
    expected = new CudaDevice.Memory(8 * outputs());
    allowed = new CudaDevice.Memory(8 * outputs());
    Tolerance.Bound bound = numerics.tolerance().bound(shape.k(), epilogue);
    helpers
        .function("tessera_reference")
        .launchOver(
            device.stream(),
            outputs(),
            Math.toIntExact(shape.batch()),
            Math.toIntExact(shape.m()),
            Math.toIntExact(shape.n()),
            Math.toIntExact(shape.k()),
            address(operator().inputs().get(0), false),
            address(operator().inputs().get(1), false),
            epilogue.operands(operator()).stream()
                .mapToLong(added -> address(added, false))
                .findFirst()
                .orElse(0),
            DeviceType.code(numerics.input()),
            DeviceType.code(numerics.output()),
            operator().secondIsNk() ? 1 : 0,
            epilogue.activation(),
            bound.ofTerms(),
            bound.ofResult(),
            bound.least(),
            expected.at(0),
            allowed.at(0));
    device.synchronize();
  }

  private Operator operator() {
    return problem.operator();
  }

  /** What a call reads. */
  private List<Operand> operands() {
    List<Operand> all = operator().operands(epilogue);
    return all.subList(0, all.size() - 1);
  }

  /**
   * How far operands lie behind an aligned address where alignment is not wanted: one element;
   * bytes.
   */
  private static long shift(DataType type) {
    return type.bytes();
  }

  private long outputBytes() {
    return numerics.output().bytes() * outputs();
  }

  private long outputs() {
    return shape.batch() * shape.m() * shape.n();
  }

  private CudaDevice.Memory filled(Operand operand, long seed) {
    DataType type = operand.type(numerics);
    long count = (long) problem.elements(operand);
    CudaDevice.Memory memory = new CudaDevice.Memory(type.bytes() * count + shift(type));
    fill.launchOver(
        device.stream(), count, memory.at(shift(type)), DeviceType.code(type), count, seed);
    return memory;
  }

  /** What is wrong with the function on this problem; empty when it is right. */
  Optional<String> check(DeviceFunction function) {
    Optional<String> wrong = function.needsAlignment() ? Optional.empty() : run(function, false);
    if (wrong.isEmpty() && numerics.keepsAlignment(problem)) {
      return run(function, true);
    }
    return wrong;
  }

  private Optional<String> run(DeviceFunction function, boolean aligned) {
    CUstream stream = device.stream();
    DeviceFunction.Call call = function.on(problem, epilogue, stream);
    c.set(POISON, stream);
    Map<String, Long> addresses = new HashMap<>();
    operands().forEach(operand -> addresses.put(operand.name(), address(operand, aligned)));
    addresses.put(operator().output().name(), c.at(place(aligned)));
    call.enqueue(stream, addresses);
    return compare(aligned, function.slack());
  }

  /** An operand where it was made, out of alignment, or its copy at an aligned address. */
  private long address(Operand operand, boolean aligned) {
    CudaDevice.Memory memory = inputs.get(operand.name());
    long shift = shift(operand.type(numerics));
    return aligned
        ? copies.computeIfAbsent(memory, made -> copy(made, shift)).at(0)
        : memory.at(shift);
  }

  private CudaDevice.Memory copy(CudaDevice.Memory memory, long from) {
    CudaDevice.Memory copy = new CudaDevice.Memory(memory.bytes() - from);
    copy.copyFrom(memory, from, device.stream());
    return copy;
  }

  /** Where the output lies in its memory. */
  private long place(boolean aligned) {
    return GUARD + (aligned ? 0 : shift(numerics.output()));
  }

  private Optional<String> compare(boolean aligned, double slack) {
    CUstream stream = device.stream();
    wrong.set(POISON, stream);
    long place = place(aligned);
    compare.launchOver(
        stream,
        outputs(),
        c.at(place),
        DeviceType.code(numerics.output()),
        expected.at(0),
        allowed.at(0),
        slack,
        outputs(),
        wrong.at(0));
    device.synchronize();
    long[] first = new long[1];
    wrong.read(0, Pointer.to(first), Long.BYTES);
    if (first[0] != -1) {
      return Optional.of(describe(first[0], place));
    }
    long behind = place + outputBytes();
    boolean kept = isPoison(0, place) && isPoison(behind, c.bytes() / 4 * 4 - behind);
    return kept
        ? Optional.empty()
        : Optional.of(shape + ": something outside the output was written");
  }

  private boolean isPoison(long offset, long bytes) {
    byte[] kept = new byte[Math.toIntExact(bytes)];
    c.read(offset, Pointer.to(kept), bytes);
    for (byte one : kept) {
      if (one != (byte) POISON) {
        return false;
      }
    }
    return true;
  }

  private String describe(long at, long place) {
    double[] got = new double[1];
    double[] should = new double[1];
    double[] within = new double[1];
    expected.read(8 * at, Pointer.to(should), 8);
    allowed.read(8 * at, Pointer.to(within), 8);
    value.launch(
        device.stream(),
        1,
        1,
        0,
        c.at(place),
        DeviceType.code(numerics.output()),
        at,
        expected.at(8 * at));
    device.synchronize();
    expected.read(8 * at, Pointer.to(got), 8);
    return String.format(
        Locale.ROOT,
        "%s%s: element [%d, %d, %d] is %.9g, should be %.9g within %.3g",
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
    List.of(c, expected, allowed, wrong).forEach(CudaDevice.Memory::close);
    inputs.values().forEach(CudaDevice.Memory::close);
    copies.values().forEach(CudaDevice.Memory::close);
  }
}
