package tessera.backend;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.annotation.JsonTypeIdResolver;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The hardware that is tuned for, with the limits that size micro-kernels: a record of each back
 * end, which JSON names by its {@link #kind}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.CUSTOM, property = "kind")
@JsonTypeIdResolver(TargetTypes.class)
public interface Target {
  /** The key of its {@link BackendProvider}. */
  String kind();

  /** The maker's name of it. */
  String model();

  /**
   * Where machine code made for it is right: on equal hardware, or on all that a name stands for.
   */
  String deviceKey();

  /** The instruction set that micro-kernels are compiled for: avx512, neon, sm_90a. */
  String isa();

  /** The compiler's name and version. */
  String compiler();

  /** The version of the driver that the device needs; empty where it needs none. */
  default Optional<String> driverVersion() {
    return Optional.empty();
  }

  /** Measured float32 multiply-add speed of what runs one timing: a core of a CPU, a whole GPU. */
  double peakGflops();

  /** The bandwidth of its memory on paper; empty where nobody knows it. */
  default OptionalDouble memoryBytesPerSecond() {
    return OptionalDouble.empty();
  }

  /**
   * Equal on equal hardware: everything but what is measured and the compiler, as 12 hexadecimal
   * digits.
   */
  String fingerprint();

  /** A folder name that people can read: {@code cpu-avx512-2c-0a1b2c3d4e5f}. */
  String folder();

  /** For people: the model, and which of several that are called so. */
  default String words() {
    return model() + " (" + folder() + ")";
  }

  /**
   * How unlike another target of its kind is in what micro-kernels it runs: 0 where both have one
   * instruction set.
   */
  default int distance(Target other) {
    return isa().equals(other.isa()) ? 0 : 1;
  }

  /** Where the operands and the output of a call lie. */
  OperandMemory operandMemory();

  /**
   * Why this machine cannot run what was made for the target, as far as the operating system tells;
   * empty where it can, or where only the device's driver knows.
   */
  default Optional<String> refusal() {
    return Optional.empty();
  }

  /** All hardware that runs what is made for it, where that is more than its own model. */
  default Optional<String> reach() {
    return Optional.empty();
  }
}
