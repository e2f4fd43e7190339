package tessera.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.compile.JavaCommand;
import tessera.measure.TimingPolicy;
import tessera.operator.Epilogue;
import tessera.operator.Numerics;

final class ParentTest {
  @TempDir private Path folder;

  private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Starts a child that hangs, says its number, and waits. */
  static final class Starter {
    public static void main(String[] arguments) throws Exception {
      List<String> command = JavaCommand.of(Hanging.class).with(Parent.class).build();
      command.addAll(List.of(arguments));
      // asked for ever
      new WorkerProcess(command)
          .call(
              new WorkerRequest(
                  Epilogue.NONE,
                  Numerics.FLOAT32,
                  List.of(),
                  List.of(),
                  List.of(),
                  TimingPolicy.onCpu(1, 1),
                  1),
              Duration.ofMinutes(10));
    }
  }

  /** Works for ever, and never looks at its standard input. */
  static final class Hanging {
    public static void main(String[] arguments) throws Exception {
      Parent.haltWithIt();
      Files.writeString(Path.of(arguments[0]), ProcessHandle.current().pid() + "\n");
      while (true) {
        Thread.sleep(1000);
      }
    }
  }

  @Test
  void haltWithIt_parentKilled_endsAChildThatHangsAndRemovesItsFiles() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Path started = folder.resolve("started");
    List<String> command =
        JavaCommand.of(Starter.class)
            .with(JavaCommand.class, ObjectMapper.class, JsonFactory.class, JsonCreator.class)
            .withOption("-Djava.io.tmpdir=" + temporary)
            .build();
    command.add(started.toString());
    Process starter = new ProcessBuilder(command).start();
    long child = number(started);
    try {
      assertTrue(isRunning(child));
      try (Stream<Path> files = Files.list(temporary)) {
        assertEquals(2, files.count(), "a folder and a pulse");
      }
      starter.destroyForcibly().waitFor();
      long deadline = System.nanoTime() + DEADLINE_NANOS;
      while (isRunning(child)) {
        assertTrue(System.nanoTime() < deadline, "it still runs");
        Thread.sleep(50);
      }
      try (Stream<Path> left = Files.list(temporary)) {
        assertEquals(List.of(), left.toList());
      }
    } finally {
      ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private static long number(Path file) throws Exception {
    long deadline = System.nanoTime() + DEADLINE_NANOS;
    while (!Files.exists(file) || !Files.readString(file).endsWith("\n")) {
      assertTrue(System.nanoTime() < deadline, "it did not start");
      Thread.sleep(50);
    }
    return Long.parseLong(Files.readString(file).strip());
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
