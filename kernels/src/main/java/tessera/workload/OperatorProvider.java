package tessera.workload;

import java.util.List;
import tessera.operator.Operator;

/**
 * Operators that workload files can name beside those that are shipped. A jar with some lists its
 * provider in {@code META-INF/services/tessera.workload.OperatorProvider}.
 */
public interface OperatorProvider {
  /** Operators whose keys no other operator has. */
  List<Operator> operators();
}
