package tessera.job.madeup;

import java.util.List;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Parameter;
import tessera.microkernel.SearchSpace;
import tessera.microkernel.Tiling;

/** The CPU's family with most of its numbers given. */
record PretendFewTiles(KernelFamily all) implements KernelFamily {
  private static final List<Parameter> PARAMETERS =
      List.of(
          new Parameter("vectorOverM", List.of(0)),
          new Parameter("tileVectors", List.of(1)),
          new Parameter("tileScalars", List.of(4, 5, 6, 7, 8, 10, 12)),
          new Parameter("panelTiles", List.of(4)),
          new Parameter("streamTiles", List.of(8)),
          new Parameter("blockK", List.of(256)),
          new Parameter("packVector", List.of(1)),
          new Parameter("packScalar", List.of(0, 1)),
          new Parameter("prefetch", List.of(0)),
          new Parameter("unroll", List.of(1)),
          new Parameter("scalarInner", List.of(0)),
          new Parameter("splitM", List.of(0)));

  static SearchSpace space(KernelFamily all) {
    return new SearchSpace(List.of(new PretendFewTiles(all)));
  }

  @Override
  public String name() {
    return all.name();
  }

  @Override
  public List<Parameter> parameters() {
    return PARAMETERS;
  }

  @Override
  public boolean isLegal(MicroKernel kernel) {
    return all.isLegal(kernel);
  }

  @Override
  public String label(MicroKernel kernel) {
    return all.label(kernel);
  }

  @Override
  public Tiling tiling(MicroKernel kernel) {
    return all.tiling(kernel);
  }

  @Override
  public int alignment() {
    return all.alignment();
  }

  @Override
  public List<String> featureNames() {
    return all.featureNames();
  }

  @Override
  public double[] features(MicroKernel kernel) {
    return all.features(kernel);
  }

  @Override
  public MicroKernelCost prior(MicroKernel kernel) {
    return all.prior(kernel);
  }
}
