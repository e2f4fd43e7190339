package tessera.job.spark.watch;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkContext;
import tessera.EnvironmentFault;

/** Why actions of Spark failed: the cluster's part in it, where it has one. */
final class ActionFailures {
  private static final Pattern LOST_EXECUTOR =
      Pattern.compile("ExecutorLostFailure \\(executor (\\S+) .*?\\) Reason: ([^\\n]*)");

  private final SparkContext context;
  private final Diagnosis diagnosis;

  ActionFailures(SparkContext context, Diagnosis diagnosis) {
    this.context = context;
    this.diagnosis = diagnosis;
  }

  /** What a caller is told of an action's failure, with the failure in it. */
  RuntimeException explained(ActionGuard guard, Exception failure) {
    Optional<RuntimeException> known =
        guard.verdict().or(() -> stopped(guard)).or(() -> lostExecutor(guard, failure));
    known.ifPresent(verdict -> verdict.addSuppressed(failure));
    return known.orElseGet(() -> unexplained(guard, failure));
  }

  private RuntimeException unexplained(ActionGuard guard, Exception failure) {
    if (failure instanceof InterruptedException interrupt) {
      return interrupted(guard, interrupt);
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(failure);
  }

  /** Spark goes on with a job whose caller was interrupted, and would answer nobody. */
  private RuntimeException interrupted(ActionGuard guard, InterruptedException failure) {
    context.cancelJobGroup(guard.group(), guard.name() + " was interrupted");
    Thread.currentThread().interrupt();
    return new EnvironmentFault("the run was interrupted in \"" + guard.name() + "\"", failure);
  }

  private Optional<RuntimeException> stopped(ActionGuard guard) {
    return context.isStopped()
        ? Optional.of(
            new EnvironmentFault(
                "Spark ended the run in \"" + guard.name() + "\": " + diagnosis.ofStop()))
        : Optional.empty();
  }

  /** A job that failed since each executor that it was given to died. */
  private Optional<RuntimeException> lostExecutor(ActionGuard guard, Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Matcher lost = LOST_EXECUTOR.matcher(String.valueOf(cause.getMessage()));
      if (lost.find()) {
        String why = diagnosis.ofDeath(lost.group(1), lost.group(2));
        return Optional.of(
            new EnvironmentFault("executors died of \"" + guard.name() + "\": " + why));
      }
    }
    return Optional.empty();
  }
}
