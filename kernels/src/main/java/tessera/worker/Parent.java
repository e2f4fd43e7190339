package tessera.worker;

import tessera.compile.TemporaryFiles;

/** The process that started this one. */
final class Parent {
  /** An exit code that nobody is left to see. */
  private static final int ORPHANED = 1;

  private Parent() {}

  /**
   * Ends this process with its parent, whatever it does then: one that hangs in a call of a
   * candidate would not see that its standard input has ended. The parent cannot remove its files
   * any more.
   */
  static void haltWithIt() {
    ProcessHandle.current().parent().ifPresent(parent -> parent.onExit().thenRun(Parent::leave));
  }

  private static void leave() {
    Pulse.deleteOwn();
    TemporaryFiles.deleteOwn();
    Runtime.getRuntime().halt(ORPHANED);
  }
}
