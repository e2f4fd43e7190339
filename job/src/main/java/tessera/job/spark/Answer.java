package tessera.job.spark;

import java.util.Optional;
import tessera.Json;

/**
 * What an executor says to a request; a failure is a value too, so that Spark does not try again
 * what cannot succeed.
 *
 * @param text the answer itself, the mistake's sentence, what hardware there is instead, or why it
 *     was given up
 * @param executor who answered
 * @param waitedSeconds in which others had devices that tasks of the executor waited for, summed
 *     over devices; what an earlier answer of the executor said is not in it
 */
record Answer(Status status, String text, Executor executor, double waitedSeconds) {
  /** How a request ended. */
  enum Status {
    DONE,
    /** The user can mend it. */
    MISTAKE,
    /** The executor has other hardware than that of the request, and did nothing. */
    ELSEWHERE,
    /** Those that tried it died of it, or with it, or it failed in a way that nobody foresaw. */
    GIVEN_UP
  }

  static Answer done(Object record) {
    return here(Status.DONE, Json.line(record));
  }

  private static Answer here(Status status, String text) {
    return new Answer(status, text, Executor.here(), 0);
  }

  Answer after(double waited) {
    return new Answer(status, text, executor, waited);
  }

  /** What was asked for; empty where it was not done. */
  <T> Optional<T> record(Class<T> type) {
    return status == Status.DONE ? Optional.of(Json.record(text, type)) : Optional.empty();
  }

  static Answer mistake(String sentence) {
    return here(Status.MISTAKE, sentence);
  }

  static Answer givenUp(String reason) {
    return here(Status.GIVEN_UP, reason);
  }

  static Answer elsewhere(String instead) {
    return here(Status.ELSEWHERE, instead);
  }
}
