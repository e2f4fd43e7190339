package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import tessera.compile.Template;
import tessera.worker.WorkerRequest;

final class CpuHarnessTest {
  private static WorkerRequest.Function vendor(String symbol) {
    return WorkerRequest.Function.vendor("lib.so", symbol, List.of());
  }

  private static WorkerRequest.Function bundle() {
    return WorkerRequest.Function.bundle(Path.of("folder"), "", List.of(1L));
  }

  @Test
  void convention_ofEachFunction_isTheHarnesssOwn() {
    String constants =
        String.format(
            Locale.ROOT,
            "enum { KIND_KERNEL = %d, KIND_CBLAS = %d, KIND_DNNL = %d, KIND_BUNDLE = %d, KIND_PREPARED = %d };",
            CpuHarness.convention(WorkerRequest.Function.kernel("lib.so", "f")),
            CpuHarness.convention(vendor("cblas_sgemm")),
            CpuHarness.convention(vendor("dnnl_sgemm")),
            CpuHarness.convention(bundle()),
            CpuHarness.convention(bundle().preparing(true)));
    assertTrue(Template.resource(CpuHarness.class, "harness.c").contains(constants), constants);
  }

  @Test
  void convention_ofAFunctionThatItCannotCall_isRefused() {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> CpuHarness.convention(vendor("sgemm")));
    assertEquals("no vendor's function is called sgemm", error.getMessage());
  }
}
