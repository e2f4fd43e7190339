package tessera.backend.cuda.compile;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import tessera.Json;
import tessera.compile.AnsweringProcess;
import tessera.compile.Subprocess;
import tessera.measure.Patience;

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
    Optional<AnsweringProcess> idle = idle();
    AnsweringProcess process =
        idle.isPresent() ? idle.get() : new AnsweringProcess(Nvrtc.command());
    try {
      if (idle.isEmpty()) {
        // what many processes take to start at once is no fault of a candidate
        ask(process, Nvrtc.Request.NOTHING, Patience.START);
      }
      Nvrtc.Request request = new Nvrtc.Request(flags, source.toString(), artifact.toString());
      Nvrtc.Answer answer = ask(process, request, deadline);
      IDLE.add(process);
      return new Subprocess.Result(false, answer.compiled() ? 0 : 1, answer.log());
    } catch (AnsweringProcess.Died e) {
      process.close();
      return new Subprocess.Result(e.timedOut(), -1, "NVRTC failed: " + e.getMessage());
    } catch (IOException | RuntimeException e) {
      process.close();
      throw e;
    }
  }

  private static Nvrtc.Answer ask(AnsweringProcess process, Nvrtc.Request request, Duration limit)
      throws IOException, AnsweringProcess.Died {
    String answer = process.ask(Json.line(request), AnsweringProcess.Limit.of(limit));
    return Json.record(answer, Nvrtc.Answer.class);
  }

  private static Optional<AnsweringProcess> idle() {
    for (AnsweringProcess process = IDLE.poll(); process != null; process = IDLE.poll()) {
      if (process.isAlive()) {
        return Optional.of(process);
      }
      process.close();
    }
    return Optional.empty();
  }
}
