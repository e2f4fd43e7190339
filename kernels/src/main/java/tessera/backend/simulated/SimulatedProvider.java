package tessera.backend.simulated;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.BackendProvider;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.operator.Numerics;
import tessera.operator.Operator;

/** Simulated GPUs; an address is a group and a place in it, as {@code 1/0}. */
public final class SimulatedProvider implements BackendProvider {
  /** An H200 as a driver saw it. */
  private static final String LIKE = "h200.json";

  @Override
  public String key() {
    return SimulatedTarget.KIND;
  }

  @Override
  public boolean isOffered() {
    return false;
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
  public Class<SimulatedTarget> targetType() {
    return SimulatedTarget.class;
  }

  @Override
  public Hardware hardware(Target target) {
    return new SimulatedHardware(targetType().cast(target));
  }

  @Override
  public Backend detect(String address, Optional<String> isa) {
    Simulation simulation = Simulation.here().orElseThrow(SimulatedProvider::none);
    int group = Integer.parseInt(address.substring(0, address.indexOf('/')));
    SimulatedTarget target =
        new SimulatedTarget(
            simulation.groups().get(group),
            simulation.cores(),
            simulation.buildSeconds(),
            simulation.timeSeconds(),
            like());
    return new SimulatedBackend(target, address);
  }

  private static UserError none() {
    return new UserError("this process simulates no devices; tessera bench scale does");
  }

  private static Target like() {
    try (InputStream file = SimulatedProvider.class.getResourceAsStream(LIKE)) {
      return Json.DOCUMENTS.readValue(file, Target.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<String> addresses() {
    List<Integer> groups = Simulation.here().orElseThrow(SimulatedProvider::none).groups();
    List<String> addresses = new ArrayList<>();
    for (int group = 0; group < groups.size(); group++) {
      for (int device = 0; device < groups.get(group); device++) {
        addresses.add(group + "/" + device);
      }
    }
    return addresses;
  }
}
