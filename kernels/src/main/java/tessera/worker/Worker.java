package tessera.worker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import tessera.Json;
import tessera.compile.TemporaryFiles;

/**
 * The main loop of a worker process: a request in JSON on each line of standard input, its reply on
 * a line of standard output. A candidate may take this process down; the parent sees that and
 * starts another.
 */
public final class Worker {
  private Worker() {}

  /** Serves until standard input ends, or the parent does. */
  public static void serve(Runner runner) throws IOException {
    Parent.haltWithIt();
    PrintStream replies = System.out;
    System.setOut(System.err);
    Pulse pulse = Pulse.ofThisProcess();
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      WorkerReply reply = runner.run(Json.MESSAGES.readValue(line, WorkerRequest.class), pulse);
      replies.println(Json.MESSAGES.writeValueAsString(reply));
      replies.flush();
    }
    Pulse.deleteOwn();
    TemporaryFiles.deleteOwn();
  }
}
