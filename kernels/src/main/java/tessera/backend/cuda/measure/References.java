package tessera.backend.cuda.measure;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tessera.backend.cuda.driver.CudaDevice;
import tessera.operator.Epilogue;
import tessera.operator.Numerics;
import tessera.operator.Problem;
import tessera.worker.Pulse;
import tessera.worker.WorkerRequest;

/**
 * Verifications of a worker process, kept from one request to the next: a run asks for the same
 * checks of each candidate, and float64 references of large weights take longer than to time one.
 */
final class References {
  private record Key(Problem problem, Epilogue epilogue, Numerics numerics, long seed) {}

  private final CudaDevice device;
  private final CudaDevice.Module helpers;
  private final Map<Key, Verification> kept = new HashMap<>();

  /**
   * @param helpers the module of {@code verify.cu}
   */
  References(CudaDevice device, CudaDevice.Module helpers) {
    this.device = device;
    this.helpers = helpers;
  }

  /**
   * What is wrong with a function.
   *
   * @param function its index in the request
   */
  record Wrong(int function, String message) {}

  /**
   * What is wrong with the first function that is wrong; empty when all are right.
   *
   * @param pulse is told of each check
   */
  Optional<Wrong> check(WorkerRequest request, List<DeviceFunction> functions, Pulse pulse) {
    List<Key> keys = request.checks().stream().map(check -> key(request, check.problem())).toList();
    keepOnly(Set.copyOf(keys));
    for (Key key : keys) {
      for (int i = 0; i < functions.size(); i++) {
        pulse.at(i);
        Optional<String> wrong =
            request.functions().get(i).checked() ? Optional.empty() : check(key, functions.get(i));
        if (wrong.isPresent()) {
          return Optional.of(new Wrong(i, wrong.get()));
        }
      }
    }
    return Optional.empty();
  }

  private static Key key(WorkerRequest request, Problem problem) {
    return new Key(problem, request.epilogue(), request.numerics(), request.seed());
  }

  /**
   * A function is found wrong by operands made anew alone: one before it may have spoilt others.
   */
  private Optional<String> check(Key key, DeviceFunction function) {
    boolean old = kept.containsKey(key);
    Optional<String> wrong = verification(key).check(function);
    if (wrong.isEmpty()) {
      return wrong;
    }
    kept.remove(key).close();
    return old ? check(key, function) : wrong;
  }

  private Verification verification(Key key) {
    return kept.computeIfAbsent(
        key,
        made ->
            new Verification(
                device, helpers, made.problem(), made.epilogue(), made.numerics(), made.seed()));
  }

  private void keepOnly(Set<Key> keys) {
    Set<Key> others =
        kept.keySet().stream().filter(key -> !keys.contains(key)).collect(Collectors.toSet());
    others.forEach(key -> kept.remove(key).close());
  }
}
