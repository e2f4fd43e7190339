package tessera.backend.cuda.compile;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import tessera.Json;
import tessera.compile.AnsweringProcess;
import tessera.compile.Subprocess;

/** As many NVRTC processes as are compiling at once, kept for the next compile. */
final class NvrtcProcesses implements CudaCompiler.Program {
  /** Those that wait for work; all compilers of this JVM share them. */
  private static final Queue<AnsweringProcess> IDLE = new ConcurrentLinkedQueue<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> IDLE.forEach(AnsweringProcess::close)));
  }

  @Override
  public Subprocess.Result compile(
      List<String> flags, Path source, Path artifact, Duration deadline) throws IOException {
    AnsweringProcess process = idle();
    try {
      String request =
          Json.MESSAGES.writeValueAsString(
              new Nvrtc.Request(flags, source.toString(), artifact.toString()));
      Nvrtc.Answer answer =
          Json.MESSAGES.readValue(
              process.ask(request, AnsweringProcess.Limit.of(deadline)), Nvrtc.Answer.class);
      IDLE.add(process);
      return new Subprocess.Result(false, answer.compiled() ? 0 : 1, answer.log());
    } catch (AnsweringProcess.Died e) {
      process.close();
      return new Subprocess.Result(e.timedOut(), -1, "NVRTC failed: " + e.getMessage());
    } catch (IOException e) {
      process.close();
      throw e;
    }
  }

  private static AnsweringProcess idle() throws IOException {
    for (AnsweringProcess process = IDLE.poll(); process != null; process = IDLE.poll()) {
      if (process.isAlive()) {
        return process;
      }
      process.close();
    }
    return new AnsweringProcess(Nvrtc.command());
  }
}
