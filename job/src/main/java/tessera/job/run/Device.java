package tessera.job.run;

import java.util.Comparator;
import java.util.Optional;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.CpuLibrary;
import tessera.backend.cuda.CudaBackend;
import tessera.backend.cuda.Gpus;
import tessera.compile.Account;
import tessera.compile.CCompiler;
import tessera.hardware.CpuInfo;
import tessera.hardware.CpuIsa;
import tessera.hardware.CpuTarget;
import tessera.hardware.CudaTarget;
import tessera.hardware.Memory;
import tessera.hardware.Target;
import tessera.runtime.Bundle;
import tessera.runtime.LibraryBuilder;
import tessera.workload.Instance;
import tessera.workload.Workload;

/** The hardware that a run tunes for, as the driver of the job sees it. */
public record Device(Backend backend, LibraryBuilder library) {
  /**
   * Looks at this machine.
   *
   * @param kind cpu or cuda
   * @param isa the instruction set of a CPU to narrow it to
   * @throws UserError when there is no such hardware or no compiler for it
   */
  public static Device detect(String kind, Optional<CpuIsa> isa) {
    return switch (kind) {
      case CpuTarget.KIND ->
          of(CpuBackend.detect(isa.map(CpuInfo.whole()::narrowedTo).orElseGet(CpuInfo::read)));
      case CudaTarget.KIND -> gpu(isa);
      default -> throw new UserError("there is no target '" + kind + "'; it is cpu or cuda");
    };
  }

  private static Device gpu(Optional<CpuIsa> isa) {
    if (isa.isPresent()) {
      throw new UserError(
          "--isa narrows a CPU, and the workload's target is cuda; leave --isa out");
    }
    return of(CudaBackend.detect(Gpus.addresses().get(0)));
  }

  /**
   * Looks at this machine again, as a target was once detected: narrowed where that was.
   *
   * @throws UserError when it lacks the target's kind of hardware or instruction set
   */
  public static Device detect(Target like) {
    boolean narrowed = like instanceof CpuTarget cpu && cpu.narrowed();
    return narrowed
        ? of(CpuBackend.detect(CpuInfo.read().narrowedTo(CpuIsa.of(like.isa()))))
        : detect(like.kind(), Optional.empty());
  }

  /** The same hardware with the peak of an earlier look. */
  public static Device of(Target target) {
    return target instanceof CpuTarget cpu
        ? of(CpuBackend.of(cpu))
        : of(CudaBackend.of((CudaTarget) target, Gpus.addresses().get(0)));
  }

  /**
   * The hardware of this machine, which must be able to run a bundle.
   *
   * @throws UserError where it is not
   */
  public static Device detect(Bundle bundle) {
    Target made = bundle.manifest().target();
    if (made instanceof CpuTarget cpu) {
      CpuInfo.read().refusal(cpu).ifPresent(why -> refuse(bundle, why));
    }
    Device here = detect(made);
    if (!here.backend().target().deviceKey().equals(made.deviceKey())) {
      String model = here.backend().target().model();
      refuse(bundle, "was made for " + made.model() + ", this is " + model);
    }
    return here;
  }

  private static void refuse(Bundle bundle, String why) {
    throw new UserError(bundle.folder() + " " + why + "; tune the workload here");
  }

  private static Device of(CpuBackend backend) {
    return new Device(backend, new CpuLibrary(backend));
  }

  private static Device of(CudaBackend backend) {
    CCompiler c = CCompiler.find(Account.cache().resolve("builds"));
    return new Device(backend, backend.library(c));
  }

  /**
   * @throws UserError where an instance's operands and output, each counted once, do not fit
   */
  public void checkMemory(Workload workload) {
    Instance largest =
        workload.instances().stream()
            .max(Comparator.comparingDouble(instance -> bytes(workload, instance)))
            .orElseThrow();
    if (bytes(workload, largest) > backend.memoryBytes()) {
      throw new UserError(
          "workload '"
              + workload.name()
              + "' with "
              + workload.variables()
              + " = "
              + largest.values()
              + " has operands and an output of "
              + Memory.words(bytes(workload, largest))
              + ", more than the memory of "
              + backend.target().model()
              + " here, "
              + Memory.words(backend.memoryBytes())
              + "; give smaller extents or tune where there is more");
    }
  }

  private static double bytes(Workload workload, Instance instance) {
    return workload.problem(instance.shape()).bytes(workload.numerics());
  }

  /** Threads of a call, where that is a choice. */
  public int threads() {
    return backend.target() instanceof CpuTarget cpu ? cpu.cores() : 1;
  }
}
