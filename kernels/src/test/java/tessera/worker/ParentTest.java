package tessera.worker;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tessera.compile.JavaCommand;

final class ParentTest {
  private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Starts a child that hangs, says its number, and waits. */
  static final class Starter {
    public static void main(String[] arguments) throws Exception {
      List<String> command = JavaCommand.of(Hanging.class).with(Parent.class).build();
      Process child =
          new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.INHERIT).start();
      child.waitFor();
    }
  }

  /** Works for ever, and never looks at its standard input. */
  static final class Hanging {
    public static void main(String[] arguments) throws Exception {
      Parent.haltWithIt();
      System.out.println(ProcessHandle.current().pid());
      while (true) {
        Thread.sleep(1000);
      }
    }
  }

  @Test
  void haltWithIt_parentKilled_endsAChildThatHangs() throws Exception {
    List<String> command =
        JavaCommand.of(Starter.class).with(JavaCommand.class, Parent.class).build();
    Process starter = new ProcessBuilder(command).start();
    long child = Long.parseLong(starter.inputReader().readLine());
    try {
      assertTrue(isRunning(child));
      starter.destroyForcibly().waitFor();
      long deadline = System.nanoTime() + DEADLINE_NANOS;
      while (isRunning(child)) {
        assertTrue(System.nanoTime() < deadline, "it still runs");
        Thread.sleep(50);
      }
    } finally {
      ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  /** Whom nobody waits for stays in the list of processes, as a zombie. */
  private static boolean isRunning(long process) {
    try {
      String state = Files.readString(Path.of("/proc", "" + process, "stat"));
      return state.charAt(state.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return false;
    }
  }
}
