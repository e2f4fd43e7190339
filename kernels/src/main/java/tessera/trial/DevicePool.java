package tessera.trial;

import java.util.List;
import java.util.Optional;
import tessera.backend.Backend;
import tessera.measure.Deadline;
import tessera.measure.DeviceLock;
import tessera.measure.DeviceWaits;
import tessera.measure.Patience;
import tessera.workload.Workload;

/**
 * Devices of equal hardware that take turns: what was built for one of them is measured on that
 * which is free first, so that none is idle while something waits.
 */
final class DevicePool implements AutoCloseable {
  private final List<MeasuringDevice> devices;
  private final List<String> names;
  private final DeviceWaits waits;

  /** Sole use of one of them. */
  record Lease(MeasuringDevice device, DeviceLock lock) implements AutoCloseable {
    @Override
    public void close() {
      lock.close();
    }
  }

  DevicePool(
      List<? extends Backend> backends,
      Workload workload,
      long seed,
      Patience patience,
      DeviceWaits waits) {
    this.devices =
        backends.stream()
            .map(backend -> new MeasuringDevice(backend, workload, seed, patience))
            .toList();
    this.names = backends.stream().map(Backend::deviceName).toList();
    this.waits = waits;
  }

  /** The first, which stands for all wherever nothing is measured. */
  MeasuringDevice any() {
    return devices.get(0);
  }

  /**
   * Waits for a device.
   *
   * @return empty where none is free in time
   */
  Optional<Lease> lease(Deadline until) {
    return DeviceLock.acquire(names, until, waits)
        .map(lock -> new Lease(devices.get(lock.index()), lock));
  }

  @Override
  public void close() {
    devices.forEach(MeasuringDevice::close);
  }
}
