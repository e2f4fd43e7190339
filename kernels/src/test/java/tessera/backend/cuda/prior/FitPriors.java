package tessera.backend.cuda.prior;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.BackendProvider;
import tessera.backend.Backends;
import tessera.backend.Target;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaFamily;
import tessera.cost.Fits;
import tessera.microkernel.MeasuredKernel;

/**
 * Times the points of all priors on this machine's GPU, and fits some priors to their times: {@code
 * scripts/fit-priors}. Times that are already in the folder are not measured again, so constants
 * can be fitted on a machine without a GPU.
 */
public final class FitPriors {
  private final Path folder;
  private final PrintStream to;

  /**
   * @param folder the folder of the target, the times and the constants
   * @param to is told of each prior's error
   */
  FitPriors(Path folder, PrintStream to) {
    this.folder = folder;
    this.to = to;
  }

  /**
   * @param arguments the folder, then the fits that are made anew
   */
  public static void main(String[] arguments) throws IOException {
    try {
      if (arguments.length == 0) {
        throw new UserError(
            "a folder is needed for what is measured; name one, then the fits to make anew");
      }
      List<String> anew = Arrays.asList(arguments).subList(1, arguments.length);
      refuseOthers(anew);
      Path folder = Files.createDirectories(Path.of(arguments[0]));
      FitPriors fitting = new FitPriors(folder, System.out);
      if (!Files.exists(fitting.times())) {
        fitting.measure();
      }
      fitting.fit(anew);
    } catch (UserError e) {
      System.err.println("fit-priors: " + e.getMessage());
      System.exit(2);
    }
  }

  private static void refuseOthers(List<String> anew) {
    List<String> known = Arrays.stream(PriorSubject.values()).map(subject -> subject.fit).toList();
    for (String fit : anew) {
      if (!known.contains(fit)) {
        throw new UserError("no times determine a fit '" + fit + "'; name some of " + known);
      }
    }
  }

  /** What was measured: a line a time, as tests read it. */
  private Path times() {
    return folder.resolve("measured.txt");
  }

  /** What it was measured on. */
  private Path target() {
    return folder.resolve("target.json");
  }

  /** The constants, in the form in which they are kept. */
  private Path constants() {
    return folder.resolve("h200.json");
  }

  private void measure() throws IOException {
    BackendProvider cuda = Backends.of(CudaTarget.KIND);
    Backend backend = cuda.detect(cuda.addresses().get(0), Optional.empty());
    Json.DOCUMENTS.writerFor(Target.class).writeValue(target().toFile(), backend.target());
    PriorTimes timing = new PriorTimes(backend, to);
    long start = System.nanoTime();
    timing.build(List.of(PriorSubject.values()));
    to.printf(Locale.ROOT, "built in %.0f s%n", 1e-9 * (System.nanoTime() - start));
    for (PriorSubject subject : PriorSubject.values()) {
      write(subject, timing.of(subject.workload, subject.points(), subject.shapes));
      to.printf(
          Locale.ROOT, "timed %s after %.0f s%n", subject.key, 1e-9 * (System.nanoTime() - start));
    }
  }

  void write(PriorSubject subject, List<MeasuredKernel> measured) throws IOException {
    Files.write(
        times(),
        measured.stream().map(time -> time.line(subject.key)).toList(),
        StandardCharsets.UTF_8,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** Says how near each prior is, and writes the constants with some fits made anew. */
  void fit(List<String> anew) throws IOException {
    CudaTarget measuredOn = (CudaTarget) Json.DOCUMENTS.readValue(target().toFile(), Target.class);
    String date = LocalDate.now(ZoneOffset.UTC).toString();
    List<String> lines = Files.readAllLines(times());
    Fits fits = CudaFits.FILE;
    for (PriorSubject subject : PriorSubject.values()) {
      List<MeasuredKernel> measured = MeasuredKernel.of(subject.key, lines);
      if (measured.isEmpty()) {
        continue;
      }
      say(subject, "as it is", measuredOn, fits, measured);
      if (anew.contains(subject.fit)) {
        fits = new PriorFit(subject, measuredOn, fits, measured).fitted(date);
        say(subject, "anew", measuredOn, fits, measured);
      }
    }
    Json.DOCUMENTS.writeValue(constants().toFile(), fits);
  }

  private void say(
      PriorSubject subject,
      String which,
      CudaTarget target,
      Fits fits,
      List<MeasuredKernel> measured) {
    CudaFamily family = subject.family(target, CudaFits.of(fits));
    to.printf(
        Locale.ROOT,
        "%-22s %-8s: %d times, log error %.3f, of those of the fit %.3f, speed of the first three %.3f%n",
        subject.fit,
        which,
        measured.size(),
        MeasuredKernel.logError(family, measured, 1),
        MeasuredKernel.logError(family, subject.fitted(measured), 1),
        MeasuredKernel.speed(family, measured, 1));
  }
}
