package tessera.job.madeup;

import java.util.List;
import java.util.Optional;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.BackendProvider;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.backend.cpu.CpuBackend;
import tessera.operator.Numerics;
import tessera.operator.Operator;

/**
 * Registered in this module's test resources, as a jar with a back end does it. A process has such
 * a device where its environment or a property says how many batteries it has.
 */
public final class PretendProvider implements BackendProvider {
  static final String VARIABLE = "PRETEND_BATTERIES";
  public static final String PROPERTY = "pretend.batteries";

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
    PretendTarget made = targetType().cast(target);
    return Boolean.getBoolean(PretendFewHardware.PROPERTY)
        ? new PretendFewHardware(made)
        : new PretendHardware(made);
  }

  @Override
  public Backend detect(String address, Optional<String> isa) {
    int batteries =
        Optional.ofNullable(System.getProperty(PROPERTY))
            .or(() -> Optional.ofNullable(System.getenv(VARIABLE)))
            .map(Integer::parseInt)
            .orElseThrow(() -> new UserError("no Pretend is plugged in; set " + VARIABLE));
    CpuBackend cpu = CpuBackend.detect();
    return new PretendBackend(new PretendTarget(batteries, cpu.target()), cpu, batteries);
  }

  @Override
  public List<String> addresses() {
    return List.of("socket");
  }
}
