package tessera.measure;

/**
 * How long somebody waited for devices that others used. Processes of the same run are one
 * another's own: what one of them holds is no other's.
 */
public final class DeviceWaits {
  private final String run;
  private double deviceSeconds;

  /**
   * @param run a name that all processes of it give, and no process of another
   */
  public DeviceWaits(String run) {
    this.run = run;
  }

  /** Those of a process that belongs to no run. */
  public static DeviceWaits ofProcess() {
    return new DeviceWaits("process " + ProcessHandle.current().pid());
  }

  String run() {
    return run;
  }

  synchronized void add(double seconds) {
    deviceSeconds += seconds;
  }

  /**
   * Since it was last asked: for each device the seconds in which another run used it while
   * something waited here, added up.
   */
  public synchronized double take() {
    double taken = deviceSeconds;
    deviceSeconds = 0;
    return taken;
  }
}
