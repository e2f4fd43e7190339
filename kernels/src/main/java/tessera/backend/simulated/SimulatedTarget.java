package tessera.backend.simulated;

import tessera.Digest;
import tessera.backend.OperandMemory;
import tessera.backend.Target;

/**
 * A simulated device that is searched as real hardware is.
 *
 * @param devices of its process that are of its kind
 * @param cores that build for each of them
 * @param like the hardware whose micro-kernels it pretends to run
 */
public record SimulatedTarget(
    int devices, int cores, double buildSeconds, double timeSeconds, Target like)
    implements Target {
  public static final String KIND = "simulated";

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String model() {
    return "simulated " + like.model();
  }

  @Override
  public String deviceKey() {
    return KIND + ":" + like.deviceKey();
  }

  @Override
  public String isa() {
    return like.isa();
  }

  @Override
  public String compiler() {
    return "none";
  }

  @Override
  public double peakGflops() {
    return like.peakGflops();
  }

  @Override
  public String fingerprint() {
    return Digest.of(KIND, devices, cores, buildSeconds, timeSeconds, like.fingerprint());
  }

  @Override
  public String folder() {
    return KIND + "-" + devices + "-" + fingerprint();
  }

  @Override
  public OperandMemory operandMemory() {
    return like.operandMemory();
  }
}
