package tessera.backend.cuda.measure;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import jcuda.driver.CUstream;
import tessera.operator.GemmShape;
import tessera.runtime.DeviceAddress;
import tessera.runtime.TunedOperator;

/** A whole bundle through its C library, on one shape. */
final class PublishedFunction implements DeviceFunction {
  private final TunedOperator operator;
  private final long[] values;

  /**
   * @param values of the shape variables
   */
  PublishedFunction(Path bundle, List<Long> values) {
    this.operator = TunedOperator.open(bundle);
    this.values = values.stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public boolean needsAlignment() {
    return false;
  }

  @Override
  public Call on(GemmShape shape, CUstream stream) {
    int count = operator.manifest().workload().inputs().size();
    return (on, operands) -> {
      long[] inputs = {operands.a(), operands.b(), operands.bias()};
      operator.runAt(values, DeviceAddress.of(on), operands.c(), Arrays.copyOf(inputs, count));
    };
  }

  @Override
  public void close() {
    operator.close();
  }
}
