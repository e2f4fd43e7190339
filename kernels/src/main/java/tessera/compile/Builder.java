package tessera.compile;

import java.time.Duration;

/** Compiles sources; safe to call from several threads and processes at once. */
public interface Builder {
  BuildResult build(SourceUnit unit);

  /** The same with another limit for each compile, where it has one. */
  default Builder withDeadline(Duration limit) {
    return this;
  }
}
