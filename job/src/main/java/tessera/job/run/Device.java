package tessera.job.run;

import java.util.Comparator;
import java.util.Optional;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.BackendProvider;
import tessera.backend.Backends;
import tessera.backend.HostMemory;
import tessera.backend.Target;
import tessera.runtime.Bundle;
import tessera.workload.Instance;
import tessera.workload.Workload;

/** The hardware that a run tunes for, as the driver of the job sees it. */
public record Device(Backend backend) {
  /**
   * Looks at this machine.
   *
   * @param kind the key of a back end
   * @param isa the instruction set of a CPU to narrow it to
   * @throws UserError when there is no such hardware or no compiler for it
   */
  public static Device detect(String kind, Optional<String> isa) {
    return new Device(Backends.of(kind).detect(isa));
  }

  /**
   * Looks at this machine again, as a target was once detected: narrowed where that was.
   *
   * @throws UserError when it lacks the target's kind of hardware or instruction set
   */
  public static Device detect(Target like) {
    return new Device(Backends.of(like).detectLike(like));
  }

  /** The same hardware with the peak of an earlier look. */
  public static Device of(Target target) {
    BackendProvider provider = Backends.of(target);
    String first = provider.addresses().get(0);
    return new Device(provider.open(target, first, Optional.empty()));
  }

  /**
   * The hardware of this machine, which must be able to run a bundle.
   *
   * @throws UserError where it is not
   */
  public static Device detect(Bundle bundle) {
    Target made = bundle.manifest().target();
    made.refusal().ifPresent(why -> refuse(bundle, why));
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
              + HostMemory.words(bytes(workload, largest))
              + ", more than the memory of "
              + backend.target().model()
              + " here, "
              + HostMemory.words(backend.memoryBytes())
              + "; give smaller extents or tune where there is more");
    }
  }

  private static double bytes(Workload workload, Instance instance) {
    return workload.problem(instance.shape()).bytes(workload.numerics());
  }
}
