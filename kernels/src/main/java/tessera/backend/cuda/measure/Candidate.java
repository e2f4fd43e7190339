package tessera.backend.cuda.measure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jcuda.driver.CUstream;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.backend.cuda.driver.CudaFunction;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.Launch;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;

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
  private final Optional<CudaFunction> pad;

  Candidate(CudaFamily family, MicroKernel kernel, Path cubin) {
    this.family = family;
    this.kernel = kernel;
    this.module = new CudaDevice.Module(cubin);
    this.aligned = module.find(CudaFamily.SYMBOL + "_aligned");
    this.any = module.find(CudaFamily.SYMBOL + "_any");
    this.split = module.find(CudaFamily.SYMBOL + "_split");
    this.pad = module.find(CudaFamily.SYMBOL + "_pad");
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
    private final Optional<Padded> padded;

    Launched(GemmShape shape, CUstream stream) {
      this.shape = shape;
      this.launch = family.launch(kernel, shape);
      this.partials = new CudaDevice.Memory(4L * launch.blocks() * launch.partialFloats());
      this.flags = new CudaDevice.Memory(4L * launch.blocks());
      this.pairs = split.map(function -> new Pairs(function, family, shape, launch));
      this.padded = pad.map(function -> new Padded(function, family, shape, launch));
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
      boolean follows = false; // a launch that makes the operands ready
      if (pairs.isPresent()) {
        pairs.get().make(stream, operands);
        parameters.addAll(pairs.get().parameters());
        follows = true;
      } else if (padded.isPresent()) {
        follows = padded.get().make(stream, operands);
        parameters.addAll(padded.get().parameters(operands));
      }
      (isAligned && aligned.isPresent() ? aligned : any)
          .orElseThrow()
          .launch(
              stream,
              follows,
              launch.blocks(),
              launch.threads(),
              launch.sharedBytes(),
              parameters.toArray());
    }

    @Override
    public void close() {
      partials.close();
      flags.close();
      pairs.ifPresent(Pairs::close);
      padded.ifPresent(Padded::close);
    }
  }

  @Override
  public void close() {
    module.close();
  }
}
