package tessera.backend.cuda.measure;

import java.nio.file.Path;
import java.util.List;
import jcuda.driver.CUstream;
import tessera.integrity.Trust;
import tessera.operator.Epilogue;
import tessera.operator.Problem;
import tessera.runtime.DeviceAddress;
import tessera.runtime.TunedOperator;
import tessera.workload.OperandSpec;

/** A whole bundle through its C library, on one shape. */
final class PublishedFunction implements DeviceFunction {
  private final TunedOperator operator;
  private final long[] values;

  /**
   * @param digest of the content that was checked
   * @param values of the shape variables
   */
  PublishedFunction(Path bundle, String digest, List<Long> values) {
    this.operator = TunedOperator.open(bundle, Trust.only(digest));
    this.values = values.stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public boolean needsAlignment() {
    return false;
  }

  @Override
  public Call on(Problem problem, Epilogue epilogue, CUstream stream) {
    List<String> inputs =
        operator.manifest().workload().inputs().stream().map(OperandSpec::name).toList();
    String output = problem.operator().output().name();
    return (on, operands) ->
        operator.runAt(
            values,
            DeviceAddress.of(on),
            operands.get(output),
            inputs.stream().mapToLong(operands::get).toArray());
  }

  @Override
  public void close() {
    operator.close();
  }
}
