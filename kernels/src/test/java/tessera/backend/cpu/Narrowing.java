package tessera.backend.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Tests that are repeated with less than this machine's instruction set. */
public final class Narrowing {
  private Narrowing() {}

  /** Skips where the set that is asked for is no smaller than what there is. */
  public static void assumeNarrower() {
    CpuIsa here = CpuInfo.whole().isa();
    CpuIsa seen = CpuIsa.asked().orElse(here);
    assumeTrue(
        CpuIsa.asked().isEmpty() || here != seen && here.covers(seen),
        "the widest instruction set of this processor is "
            + here.key()
            + ", and "
            + seen.key()
            + " is no narrower one to repeat the tests with");
  }
}
