package tessera.backend.cuda;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jcuda.driver.CUstream;
import tessera.microkernel.MicroKernel;
import tessera.workload.GemmShape;

/** A loaded micro-kernel, launched as its family says. */
final class Candidate implements DeviceFunction {
  /** Not a number, in every float. */
  private static final int POISON = 0xffffffff;

  private static final int FREELY_SHARED_BYTES = 48 << 10;

  private final CudaFamily family;
  private final MicroKernel kernel;
  private final CudaDevice.Module module;
  private final Optional<CudaFunction> aligned;
  private final Optional<CudaFunction> any;
  private final Optional<CudaFunction> split;

  Candidate(CudaFamily family, MicroKernel kernel, Path cubin) {
    this.family = family;
    this.kernel = kernel;
    this.module = new CudaDevice.Module(cubin);
    this.aligned = module.find(CudaFamily.SYMBOL + "_aligned");
    this.any = module.find(CudaFamily.SYMBOL + "_any");
    this.split = module.find(CudaFamily.SYMBOL + "_split");
    int shared = family.launch(kernel, new GemmShape(1, 1, 1, 1)).sharedBytes();
    if (shared > FREELY_SHARED_BYTES) {
      aligned.ifPresent(function -> function.allowShared(shared));
      any.ifPresent(function -> function.allowShared(shared));
    }
  }

  @Override
  public boolean needsAlignment() {
    return any.isEmpty();
  }

  @Override
  public Call on(GemmShape shape, CUstream stream) {
    return new Launched(shape, stream);
  }

  private final class Launched implements Call {
    private final GemmShape shape;
    private final Launch launch;
    private final CudaDevice.Memory partials;
    private final CudaDevice.Memory flags;
    private final Optional<Pairs> pairs;

    /** Of operands that were seen, by address and box. */
    private final Map<List<Long>, byte[]> maps = new HashMap<>();

    Launched(GemmShape shape, CUstream stream) {
      this.shape = shape;
      this.launch = family.launch(kernel, shape);
      this.partials = new CudaDevice.Memory(4L * launch.blocks() * launch.partialFloats());
      this.flags = new CudaDevice.Memory(4L * launch.blocks());
      this.pairs = split.map(function -> new Pairs(function, family, shape, launch));
      partials.set(POISON, stream);
      flags.set(0, stream);
    }

    @Override
    public void enqueue(CUstream stream, boolean isAligned, Operands operands) {
      List<Object> parameters =
          new ArrayList<>(
              List.of(
                  Math.toIntExact(shape.batch()),
                  Math.toIntExact(shape.m()),
                  Math.toIntExact(shape.n()),
                  Math.toIntExact(shape.k()),
                  operands.a(),
                  operands.b(),
                  operands.bias(),
                  operands.c(),
                  partials.at(0),
                  flags.at(0)));
      boolean useAligned = isAligned && aligned.isPresent();
      CudaFunction function = (useAligned ? aligned : any).orElseThrow();
      if (pairs.isPresent()) {
        pairs.get().make(stream, operands);
        parameters.addAll(pairs.get().parameters());
        function.launchOverlapping(
            stream, launch.blocks(), launch.threads(), launch.sharedBytes(), parameters.toArray());
        return;
      }
      if (useAligned && launch.takesMaps()) {
        parameters.add(map(operands.a(), shape.m(), shape.k(), launch.boxA()));
        parameters.add(
            family.workload.operator().secondIsNk()
                ? map(operands.b(), shape.n(), shape.k(), launch.boxB())
                : map(operands.b(), shape.k(), shape.n(), launch.boxB()));
      }
      function.launch(
          stream, launch.blocks(), launch.threads(), launch.sharedBytes(), parameters.toArray());
    }

    private byte[] map(long address, long lines, long places, int box) {
      int bytes = family.workload.numerics().input().bytes();
      return maps.computeIfAbsent(
          List.of(address, (long) box),
          key -> TensorMap.of(address, bytes, shape.batch(), lines, places, box));
    }

    @Override
    public void close() {
      partials.close();
      flags.close();
      pairs.ifPresent(Pairs::close);
    }
  }

  @Override
  public void close() {
    module.close();
  }
}
