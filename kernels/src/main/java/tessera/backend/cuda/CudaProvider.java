package tessera.backend.cuda;

import java.util.List;
import java.util.Optional;
import tessera.UserError;
import tessera.backend.BackendProvider;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.operator.Numerics;
import tessera.operator.Operator;

/** NVIDIA GPUs: each is a device. */
public final class CudaProvider implements BackendProvider {
  @Override
  public String key() {
    return CudaTarget.KIND;
  }

  @Override
  public boolean takes(Numerics numerics) {
    return true;
  }

  @Override
  public boolean takes(Operator operator) {
    return operator.isMatrixMultiplication();
  }

  @Override
  public Class<CudaTarget> targetType() {
    return CudaTarget.class;
  }

  @Override
  public Hardware hardware(Target target) {
    return new CudaHardware(targetType().cast(target));
  }

  @Override
  public CudaBackend detect(String address, Optional<String> isa) {
    if (isa.isPresent()) {
      throw new UserError(
          "--isa narrows a CPU, and the workload's target is cuda; leave --isa out");
    }
    return CudaBackend.detect(address);
  }

  @Override
  public List<String> addresses() {
    return Gpus.addresses();
  }

  @Override
  public Optional<String> sparkResource() {
    return Optional.of("gpu");
  }
}
