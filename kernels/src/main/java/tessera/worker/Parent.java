package tessera.worker;

/** The process that started this one. */
final class Parent {
  /** An exit code that nobody is left to see. */
  private static final int ORPHANED = 1;

  private Parent() {}

  /**
   * Ends this process with its parent, whatever it does then: one that hangs in a call of a
   * candidate would not see that its standard input has ended.
   */
  static void haltWithIt() {
    ProcessHandle.current()
        .parent()
        .ifPresent(parent -> parent.onExit().thenRun(() -> Runtime.getRuntime().halt(ORPHANED)));
  }
}
