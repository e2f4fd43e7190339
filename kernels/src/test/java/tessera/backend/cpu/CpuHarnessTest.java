package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import tessera.compile.Template;
import tessera.worker.WorkerRequest;

final class CpuHarnessTest {
  private static WorkerRequest.Function bundle() {
    return WorkerRequest.Function.bundle(Path.of("folder"), "", List.of(1L));
  }

  @Test
  void convention_ofEachFunction_isTheHarnesssOwn() {
    String constants =
        String.format(
            Locale.ROOT,
            "enum { KIND_KERNEL = %d, KIND_PEER = %d, KIND_BUNDLE = %d, KIND_PREPARED = %d };",
            CpuHarness.convention(WorkerRequest.Function.kernel("lib.so", "f")),
            CpuHarness.convention(WorkerRequest.Function.vendor("lib.so", "mkl", List.of())),
            CpuHarness.convention(bundle()),
            CpuHarness.convention(bundle().preparing(true)));
    assertTrue(Template.resource(CpuHarness.class, "harness.c").contains(constants), constants);
  }
}
