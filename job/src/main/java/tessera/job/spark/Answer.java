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
 */
record Answer(Status status, String text, Executor executor) {
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
    return new Answer(Status.DONE, Json.line(record), Executor.here());
  }

  /** What was asked for; empty where it was not done. */
  <T> Optional<T> record(Class<T> type) {
    return status == Status.DONE ? Optional.of(Json.record(text, type)) : Optional.empty();
  }

  static Answer mistake(String sentence) {
    return new Answer(Status.MISTAKE, sentence, Executor.here());
  }

  static Answer givenUp(String reason) {
    return new Answer(Status.GIVEN_UP, reason, Executor.here());
  }

  static Answer elsewhere(String instead) {
    return new Answer(Status.ELSEWHERE, instead, Executor.here());
  }
}
