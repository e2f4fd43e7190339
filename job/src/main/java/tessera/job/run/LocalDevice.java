package tessera.job.run;

import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.BackendProvider;
import tessera.backend.Backends;
import tessera.backend.Target;
import tessera.runtime.Bundle;

/** The hardware of this machine, which runs a bundle here, without a cluster. */
public final class LocalDevice {
  private LocalDevice() {}

  /**
   * A device that is able to run a bundle.
   *
   * @throws UserError where this machine has none
   */
  public static Backend of(Bundle bundle) {
    Target made = bundle.manifest().target();
    made.refusal().ifPresent(why -> refuse(bundle, why));
    BackendProvider provider = Backends.of(made);
    Backend here = provider.detect(provider.addresses().get(0), provider.narrowing(made));
    if (!here.target().deviceKey().equals(made.deviceKey())) {
      refuse(bundle, "was made for " + made.model() + ", this is " + here.target().model());
    }
    return here;
  }

  private static void refuse(Bundle bundle, String why) {
    throw new UserError(bundle.folder() + " " + why + "; tune the workload here");
  }
}
