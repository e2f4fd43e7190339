package tessera.backend.cuda.driver;

import java.util.Optional;
import java.util.OptionalDouble;
import tessera.Digest;
import tessera.backend.OperandMemory;
import tessera.backend.Target;

/**
 * One NVIDIA GPU.
 *
 * @param capability compute capability, major times 10 plus minor: 90 for 9.0
 * @param multiprocessors streaming multiprocessors
 * @param clustered those that clusters of 4 and 8 blocks can fill together, each block a whole one:
 *     a cluster stays within a group of multiprocessors, whose sizes leave some over
 * @param sharedBytesPerBlock the most shared memory that one block can have when it asks for it
 * @param sharedBytesPerMultiprocessor shared memory of a multiprocessor, some of it the driver's
 * @param registersPerMultiprocessor 32-bit registers
 * @param threadsPerMultiprocessor resident threads
 * @param l2Bytes second-level cache
 * @param memoryBytes device memory
 * @param clockMhz highest clock of the multiprocessors
 * @param memoryClockMhz highest clock of the memory
 * @param memoryBusBits width of the memory's bus
 * @param driver the driver's version, such as 580.95.05; where the system hides it, that of CUDA
 * @param compiler NVRTC's or nvcc's version
 * @param peakGflops of the whole device
 */
public record CudaTarget(
    String model,
    int capability,
    int multiprocessors,
    int clustered,
    int sharedBytesPerBlock,
    int sharedBytesPerMultiprocessor,
    int registersPerMultiprocessor,
    int threadsPerMultiprocessor,
    long l2Bytes,
    long memoryBytes,
    int clockMhz,
    int memoryClockMhz,
    int memoryBusBits,
    String driver,
    String compiler,
    double peakGflops)
    implements Target {
  public static final String KIND = "cuda";

  /** From this on machine code may use instructions of this architecture alone. */
  private static final int FIRST_SPECIFIC = 90;

  /** Clusters of two always fit. */
  private static final int LARGE_CLUSTER = 4;

  /** Targets written before there was {@code clustered} have all. */
  public CudaTarget {
    clustered = clustered > 0 ? clustered : multiprocessors;
  }

  @Override
  public String kind() {
    return KIND;
  }

  /** By compute capability: a family of one may be none of another's. */
  @Override
  public int distance(Target other) {
    return Math.abs(capability - CudaTarget.class.cast(other).capability);
  }

  @Override
  public Optional<String> driverVersion() {
    return Optional.of(driver);
  }

  @Override
  public OperandMemory operandMemory() {
    return OperandMemory.DEVICE;
  }

  @Override
  public String deviceKey() {
    return KIND + ":" + isa() + ":" + multiprocessors;
  }

  @Override
  public String isa() {
    return "sm_" + capability + (capability >= FIRST_SPECIFIC ? "a" : "");
  }

  /** The virtual architecture whose code runs on this GPU and on all newer ones. */
  public String portableIsa() {
    return "compute_" + capability;
  }

  /** Whether blocks can form clusters that reach each other's shared memory. */
  public boolean hasClusters() {
    return capability >= 90;
  }

  /** Multiprocessors that clusters of so many blocks can fill. */
  public int multiprocessors(int cluster) {
    return cluster < LARGE_CLUSTER ? multiprocessors : clustered;
  }

  /** Whether threads copy from global to shared memory without a register in between. */
  public boolean hasAsynchronousCopies() {
    return capability >= 80;
  }

  /** Whether warps multiply matrices of bfloat16 and tf32 too. */
  public boolean hasMatrixMultiply() {
    return capability >= 80;
  }

  /** Whether warpgroups multiply matrices and tensor maps fetch them: this architecture alone. */
  public boolean hasWarpgroupMultiply() {
    return capability == 90;
  }

  /**
   * Multiply-adds of float32 that a multiprocessor starts in a second, on paper. The measured peak
   * differs by a tenth from run to run.
   */
  public double multiprocessorMultiplyAdds() {
    int lanes = capability <= 80 ? 64 : 128;
    return 1e6 * lanes * clockMhz;
  }

  /** Two transfers a clock. */
  @Override
  public OptionalDouble memoryBytesPerSecond() {
    return OptionalDouble.of(bytesPerSecond());
  }

  /** The memory's bandwidth on paper. */
  public double bytesPerSecond() {
    return 2e6 * memoryClockMhz * memoryBusBits / 8;
  }

  /** Of the driver's version only the branch counts, its first number. */
  @Override
  public String fingerprint() {
    return Digest.of(
        KIND,
        model,
        capability,
        multiprocessors,
        memoryBytes,
        driver.split("\\.")[0],
        clockMhz,
        memoryClockMhz);
  }

  @Override
  public String folder() {
    return KIND + "-" + isa() + "-" + multiprocessors + "sm-" + fingerprint();
  }
}
