package tessera.backend.cuda;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.Launch;
import tessera.backend.cuda.tile.Grid;
import tessera.microkernel.MicroKernel;

/**
 * The numbers that the C run-time needs of a micro-kernel to launch it: a line of a bundle's table,
 * and what the measuring process hands to its own copy of that run-time.
 */
final class LaunchLine {
  /** What the numbers follow from. */
  private record Source(CudaFamily family, Grid grid, Launch launch) {}

  /** The fields of {@code tessera_line}, in their order, under their names in C. */
  enum Field {
    TILE_M(from -> from.grid.tileM()),
    TILE_N(from -> from.grid.tileN()),
    BLOCK_K(from -> from.grid.reduction().grain()),
    THREADS(from -> from.launch.threads()),
    SHARED_BYTES(from -> from.launch.sharedBytes()),
    /** Blocks that have a tile together; the most of them of stream-K. */
    SHARE(from -> from.grid.isStreamK() ? Grid.MOST_STREAM_K_BLOCKS : from.grid.clusterBlocks()),
    STREAM_K(from -> from.grid.isStreamK() ? 1 : 0),
    /** The most blocks of a grid; 0: any number. */
    SLOTS(from -> from.grid.schedule() == Grid.Schedule.WAVES ? 0 : from.grid.slots()),
    /** Lines of the boxes that are fetched by tensor maps; 0: none. */
    BOX_A(from -> from.launch.boxA()),
    BOX_B(from -> from.launch.boxB()),
    /** Whether operands become pairs before. */
    SPLITS(from -> from.launch.splits() ? 1 : 0),
    MULTIPROCESSORS(from -> from.family.target.multiprocessors()),
    /** Multiprocessors that clusters of 4 can fill. */
    CLUSTERED(from -> from.family.target.clustered()),
    /** Elements of rows that keep to 16 bytes. */
    ALIGNMENT(from -> from.family.alignment()),
    INPUT_BYTES(from -> from.family.workload.numerics().input().bytes()),
    B_IS_NK(from -> from.family.workload.operator().secondIsNk() ? 1 : 0);

    private final ToIntFunction<Source> value;

    Field(ToIntFunction<Source> value) {
      this.value = value;
    }
  }

  private LaunchLine() {}

  static List<Integer> of(CudaFamily family, MicroKernel kernel) {
    Source source = new Source(family, (Grid) family.tiling(kernel), family.launch(kernel));
    return Arrays.stream(Field.values()).map(field -> field.value.applyAsInt(source)).toList();
  }

  /** The type {@code tessera_line} in C. */
  static String declaration() {
    return Arrays.stream(Field.values())
        .map(field -> field.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", ", "typedef struct {\n  int ", ";\n} tessera_line;\n\n"));
  }

  /** An initializer of a {@code tessera_line}. */
  static String toC(List<Integer> line) {
    return line.stream().map(String::valueOf).collect(Collectors.joining(", ", "{", "}"));
  }
}
