package tessera.backend.cuda;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tessera.UserError;
import tessera.backend.BackendProvider;
import tessera.backend.Target;
import tessera.backend.cuda.compile.CudaCompiler;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.workload.Workload;

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
  public SearchSpace space(Target target, Workload workload) {
    return CudaBackend.space(targetType().cast(target), workload);
  }

  @Override
  public CudaBackend detect(Optional<String> isa) {
    if (isa.isPresent()) {
      throw new UserError(
          "--isa narrows a CPU, and the workload's target is cuda; leave --isa out");
    }
    return CudaBackend.detect(addresses().get(0));
  }

  @Override
  public CudaBackend open(Target target, String address, Optional<Duration> build) {
    return CudaBackend.of(targetType().cast(target), address, build.orElse(CudaCompiler.DEADLINE));
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
