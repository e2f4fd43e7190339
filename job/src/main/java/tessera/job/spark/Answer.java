package tessera.job.spark;

import tessera.Json;

/**
 * What an executor says to a request; a failure is a value too, so that Spark does not try again
 * what cannot succeed.
 *
 * @param text the answer itself, the mistake's sentence, or what hardware there is instead
 * @param executor who answered
 */
record Answer(Status status, String text, Executor executor) {
  /** How a request ended. */
  enum Status {
    DONE,
    /** The user can mend it. */
    MISTAKE,
    /** The executor has other hardware than that of the request, and did nothing. */
    ELSEWHERE
  }

  static Answer done(Object record) {
    return new Answer(Status.DONE, Json.line(record), Executor.here());
  }

  static Answer mistake(String sentence) {
    return new Answer(Status.MISTAKE, sentence, Executor.here());
  }

  static Answer elsewhere(String instead) {
    return new Answer(Status.ELSEWHERE, instead, Executor.here());
  }
}
