package tessera.compile;

/** Compiles sources; safe to call from several threads and processes at once. */
public interface Builder {
  BuildResult build(SourceUnit unit);
}
