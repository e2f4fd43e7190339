package tessera.microkernel;

/**
 * f_MK of the DietCode paper ("Micro-Kernel-based Cost Model"), as the two numbers that do not
 * depend on an instance.
 *
 * @param secondsPerStep seconds of one padded multiply-add
 * @param secondsPerElement seconds of one element packed or streamed
 */
public record MicroKernelCost(double secondsPerStep, double secondsPerElement) {
  public MicroKernelCost {
    if (!(secondsPerStep > 0) || !(secondsPerElement >= 0)) {
      throw new IllegalArgumentException(
          "cost must be positive: secondsPerStep="
              + secondsPerStep
              + " secondsPerElement="
              + secondsPerElement);
    }
  }
}
