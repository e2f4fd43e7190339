package tessera.backend.cuda;

import java.nio.file.Path;
import java.util.Map;
import tessera.UserError;
import tessera.backend.cuda.compile.CudaTemplates;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.compile.SourceUnit;
import tessera.compile.Template;
import tessera.runtime.Bundle;

/** The C run-time of bundles as a library of its own, by which the measuring process launches. */
final class LaunchLibrary {
  private LaunchLibrary() {}

  /**
   * Compiles it, or finds it compiled.
   *
   * @throws UserError when the C compiler refuses it
   */
  static Path build(Builder c) {
    String text =
        "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <stdint.h>\n#include \"tessera.h\"\n\n"
            + LaunchLine.declaration()
            + CudaTemplates.expanded("library/kernel.h")
            + "\n"
            + CudaTemplates.expanded("library/worker.c");
    String header = Template.resource(Bundle.class, "tessera.h");
    BuildResult built =
        c.build(
            new SourceUnit(
                "launch.c", Map.of("launch.c", text, "tessera.h", header), CudaLibrary.FLAGS));
    return built
        .artifact()
        .orElseThrow(
            () ->
                new UserError(
                    "the C compiler cannot compile what launches micro-kernels ("
                        + built.message()
                        + "); see that gcc and the headers of the C library are installed"));
  }
}
