package tessera.measure;

/** How a trial ended. */
public enum Outcome {
  OK,
  BUILD_FAILED,
  BUILD_TIMEOUT,
  /** It crashed, or could not be loaded. */
  RUN_FAILED,
  RUN_TIMEOUT,
  /** An element of the output was wrong, or NaN where it must not be. */
  INCORRECT,
  /** Nothing is wrong with it: there was no time for it. */
  NOT_RUN,
  /** Its samples disagree too much to be used. */
  NOISY
}
