package tessera.job.madeup;

import tessera.Digest;
import tessera.backend.OperandMemory;
import tessera.backend.Target;
import tessera.backend.cpu.CpuTarget;

/**
 * A kind of hardware that main code has never heard of.
 *
 * @param batteries what no other kind has
 * @param host the cores that do its work
 */
record PretendTarget(int batteries, CpuTarget host) implements Target {
  static final String KIND = "made-up";

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String model() {
    return "Pretend " + 750 * batteries;
  }

  @Override
  public String deviceKey() {
    return KIND + ":" + host.deviceKey();
  }

  @Override
  public String isa() {
    return host.isa();
  }

  @Override
  public String compiler() {
    return host.compiler();
  }

  @Override
  public double peakGflops() {
    return host.peakGflops();
  }

  @Override
  public String fingerprint() {
    return Digest.of(KIND, batteries, host.fingerprint());
  }

  @Override
  public String folder() {
    return KIND + "-" + batteries + "-" + fingerprint();
  }

  @Override
  public OperandMemory operandMemory() {
    return host.operandMemory();
  }
}
