package tessera.job.records;

/** Hears what happens to a run while it waits for executors. */
public interface RunEvents {
  /** A sentence on something that does not end the run. */
  void remark(String sentence);

  /**
   * Its devices were used by others while something of it waited for them.
   *
   * @param seconds in the mean over its devices
   */
  void waited(double seconds);
}
