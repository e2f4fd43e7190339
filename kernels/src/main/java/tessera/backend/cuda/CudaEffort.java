package tessera.backend.cuda;

import tessera.effort.Breadth;
import tessera.effort.DeliveryTraits;
import tessera.effort.Pace;
import tessera.effort.SearchTraits;
import tessera.workload.Workload;

/** How a GPU is searched for and measured, by runs on H200s. */
public final class CudaEffort {
  public static final SearchTraits SEARCH = new SearchTraits(96, Breadth.WIDE, true);

  /* Of BERT's layers and of a language model's; tensor cores rest between blocks. */
  private static final Pace CUDA_CORES = new Pace(0.0013, 12, 0.003, 0, 2e-10, 5);
  private static final Pace TENSOR_CORES = new Pace(0.0013, 25, 0.003, 0, 2e-10, 5);

  /* In a bundle one takes a third of a megabyte, or a whole one with unrolled loops and PTX. */
  private static final int MOST_FOR_TENSOR_CORES = 30;
  private static final int MOST_FOR_CUDA_CORES = 14;

  private static final double REMEASURE_THRESHOLD = 1.05;
  private static final double REMEASURED_SHARE = 0.4;
  private static final double CONTENDER_THRESHOLD = 1.25;
  private static final double CONTENDER_SHARE = 0.55;

  /** Every tenth of a range or so another tile covers the output in whole waves. */
  private static final int LENGTHS_BEYOND = 13;

  /** One instance of a hundred may lose 5%. */
  private static final double TOLERANCE = 0.0005;

  private static final double ALIKE_GAIN = 0.02;

  private static final double LEAST_GAIN = 0.003;

  /** cuBLAS and cuBLASLt. */
  private static final int USUAL_VENDORS = 2;

  private CudaEffort() {}

  /** Tiles are taller, but for those of kernels that serve few rows alone. */
  private static final int FEW_ROWS = 0;

  /** What a GPU wants of the end of a run, by the units that multiply. */
  public static DeliveryTraits delivery(Workload workload) {
    boolean tensorCores = workload.numerics().usesTensorCores();
    int most = tensorCores ? MOST_FOR_TENSOR_CORES : MOST_FOR_CUDA_CORES;
    return new DeliveryTraits(
        true,
        REMEASURE_THRESHOLD,
        REMEASURED_SHARE,
        CONTENDER_THRESHOLD,
        CONTENDER_SHARE,
        most,
        USUAL_VENDORS,
        most,
        LENGTHS_BEYOND,
        FEW_ROWS,
        TOLERANCE,
        ALIKE_GAIN,
        LEAST_GAIN,
        tensorCores ? TENSOR_CORES : CUDA_CORES);
  }
}
