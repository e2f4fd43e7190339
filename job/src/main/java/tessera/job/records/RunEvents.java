package tessera.job.records;

import java.util.function.Consumer;

/** Hears what happens to a run while it waits for executors. */
public interface RunEvents {
  /** Of something whose time nobody counts. */
  static RunEvents remarks(Consumer<String> to) {
    return new RunEvents() {
      @Override
      public void remark(String sentence) {
        to.accept(sentence);
      }

      @Override
      public void waited(double seconds) {}
    };
  }

  /** A sentence on something that does not end the run. */
  void remark(String sentence);

  /**
   * Its devices were used by others while something of it waited for them.
   *
   * @param seconds in the mean over its devices
   */
  void waited(double seconds);
}
