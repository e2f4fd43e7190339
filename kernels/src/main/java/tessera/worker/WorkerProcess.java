package tessera.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tessera.Json;
import tessera.compile.AnsweringProcess;
import tessera.measure.HostMemory;
import tessera.measure.Outcome;
import tessera.measure.Patience;

/**
 * A worker process seen from the executor: calls have deadlines, and a process that dies or hangs
 * is replaced.
 */
public final class WorkerProcess implements DeviceWorker {
  /** A process with the memory that it shares with this one. */
  private record Running(AnsweringProcess process, Pulse pulse) {
    void close() {
      process.close();
      pulse.close();
    }
  }

  /**
   * Gives up on a process that makes no progress for the duration of a step, does not answer within
   * that of a call, takes more memory than it may, or was stopped by a signal. Time in which this
   * process was stopped too does not count.
   */
  private static final class Watch implements AnsweringProcess.Limit {
    private final Pulse pulse;
    private final Duration step;
    private final AnsweringProcess.Limit call;
    private final Footprint footprint;
    private final RunningTime time = new RunningTime(System::nanoTime);
    private long steps;
    private long stepEnds;

    Watch(Pulse pulse, Footprint footprint, Duration step, Duration call) {
      this.pulse = pulse;
      this.footprint = footprint;
      this.step = step;
      this.call = AnsweringProcess.Limit.of(call, time::nanos);
      this.steps = pulse.steps();
      // before the first step the process and its device may have to start
      this.stepEnds = time.nanos() + step.plus(Patience.START).toNanos();
    }

    @Override
    public Optional<String> reached() {
      if (pulse.steps() != steps) {
        steps = pulse.steps();
        stepEnds = time.nanos() + step.toNanos();
      }
      return time.nanos() < stepEnds
          ? footprint.fault().or(call::reached)
          : Optional.of("no progress within " + step.toSeconds() + " s");
    }
  }

  /** Of the machine's memory, or of this process's control groups: beyond, others suffer. */
  private static final double MOST_MEMORY = 0.875;

  private final List<String> command;
  private final long mostBytes;
  private volatile Optional<Running> running = Optional.empty();
  private volatile boolean closed;

  public WorkerProcess(List<String> command) {
    this(command, (long) (MOST_MEMORY * HostMemory.bytes()));
  }

  /**
   * @param mostBytes of memory that the process may hold
   */
  WorkerProcess(List<String> command, long mostBytes) {
    this.command = List.copyOf(command);
    this.mostBytes = mostBytes;
  }

  /**
   * The reply, or RUN_FAILED where the process died or took too much memory, or RUN_TIMEOUT where
   * it hung, with the function that it worked on. Where it dies, or a signal has stopped it,
   * another is asked once: something outside may have done that.
   *
   * @param deadline the longest time of all, of both processes where there are two
   */
  @Override
  public synchronized WorkerReply call(WorkerRequest request, Duration step, Duration deadline) {
    long begin = System.nanoTime();
    Attempt first = attempt(request, step, deadline);
    Duration left = deadline.minusNanos(System.nanoTime() - begin);
    return first.fromOutside() && !closed && !left.isNegative()
        ? attempt(request, step, left).reply()
        : first.reply();
  }

  /**
   * What a process answered, or how it ended.
   *
   * @param fromOutside whether something else than the request may have ended it
   */
  private record Attempt(WorkerReply reply, boolean fromOutside) {}

  private Attempt attempt(WorkerRequest request, Duration step, Duration deadline) {
    Footprint footprint = Footprint.UNKNOWN;
    try {
      Running now = running();
      now.pulse().at(Pulse.NONE);
      footprint = new Footprint(now.process().pid(), mostBytes);
      String answer =
          now.process()
              .ask(
                  Json.MESSAGES.writeValueAsString(request),
                  new Watch(now.pulse(), footprint, step, deadline));
      return new Attempt(Json.MESSAGES.readValue(answer, WorkerReply.class), false);
    } catch (IOException e) {
      String message = "the measuring process could not be reached: " + e.getMessage();
      return new Attempt(failed(Outcome.RUN_FAILED, message, Pulse.NONE), true);
    } catch (AnsweringProcess.Died e) {
      boolean fromOutside = !e.timedOut() || footprint.hadStopped();
      int culprit = running.map(now -> now.pulse().function()).orElse(Pulse.NONE);
      Outcome outcome =
          e.timedOut() && !footprint.exceeded() ? Outcome.RUN_TIMEOUT : Outcome.RUN_FAILED;
      return new Attempt(failed(outcome, e.getMessage(), culprit), fromOutside);
    }
  }

  /** A process that was closed while it worked says nothing of a function. */
  private WorkerReply failed(Outcome outcome, String message, int culprit) {
    stop();
    return closed
        ? WorkerReply.failed(Outcome.NOT_RUN, "the measuring process was stopped", Pulse.NONE)
        : WorkerReply.failed(outcome, message, culprit);
  }

  /** The process, or another where it is gone. */
  private Running running() throws IOException {
    Optional<Running> last = running;
    if (last.isPresent() && last.get().process().isAlive()) {
      return last.get();
    }
    stop();
    Running next = start();
    running = Optional.of(next);
    if (closed) {
      stop();
      throw new IOException("it was stopped");
    }
    return next;
  }

  private Running start() throws IOException {
    Pulse pulse = Pulse.create();
    try {
      return new Running(new AnsweringProcess(command, pulse.environment()), pulse);
    } catch (IOException e) {
      pulse.close();
      throw e;
    }
  }

  private void stop() {
    running.ifPresent(Running::close);
    running = Optional.empty();
  }

  @Override
  public void close() {
    closed = true;
    stop();
  }
}
