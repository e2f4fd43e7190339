package tessera.backend.cpu.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tessera.compile.CCompiler;
import tessera.compile.SourceUnit;
import tessera.compile.Template;

/** A library with the interfaces of all peers, out of {@code stub.c}. */
public final class StubLibrary {
  private StubLibrary() {}

  /**
   * @param threads without which its products end the process, where their library sets them; 0 for
   *     any number
   * @param flags of the compiler, which make it wrong or take symbols out
   */
  public static Path build(Path folder, int threads, String... flags) {
    List<String> all =
        new ArrayList<>(List.of("-O2", "-fPIC", "-shared", "-w", "-DTHREADS=" + threads));
    all.addAll(List.of(flags));
    String source = Template.resource(StubLibrary.class, "stub.c");
    return CCompiler.find(folder)
        .build(new SourceUnit("stub.c", Map.of("stub.c", source), all))
        .artifact()
        .orElseThrow();
  }
}
