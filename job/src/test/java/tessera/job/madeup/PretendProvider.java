package tessera.job.madeup;

import java.util.List;
import java.util.Optional;
import tessera.backend.Backend;
import tessera.backend.BackendProvider;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.backend.cpu.CpuBackend;
import tessera.operator.Numerics;
import tessera.operator.Operator;

/** Registered in this module's test resources, as a jar with a back end does it. */
public final class PretendProvider implements BackendProvider {
  @Override
  public String key() {
    return PretendTarget.KIND;
  }

  @Override
  public boolean takes(Numerics numerics) {
    return numerics.equals(Numerics.FLOAT32);
  }

  @Override
  public boolean takes(Operator operator) {
    return operator.isMatrixMultiplication();
  }

  @Override
  public Class<PretendTarget> targetType() {
    return PretendTarget.class;
  }

  @Override
  public Hardware hardware(Target target) {
    return new PretendHardware(targetType().cast(target));
  }

  @Override
  public Backend detect(String address, Optional<String> isa) {
    CpuBackend cpu = CpuBackend.detect();
    return new PretendBackend(new PretendTarget(4, cpu.target()), cpu);
  }

  @Override
  public List<String> addresses() {
    return List.of("socket");
  }
}
