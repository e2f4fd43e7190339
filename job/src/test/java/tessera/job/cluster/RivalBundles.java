package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongUnaryOperator;
import tessera.runtime.TunedOperator;

/**
 * The speed of a bundle beside that of another. Their calls alternate and the fastest of each
 * counts: on a machine that does other things too, that one was left alone.
 */
final class RivalBundles implements AutoCloseable {
  private static final double MOST = 1.03;
  private static final int CALLS = 50;

  /** For what looks slower to have a call that nothing disturbs. */
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final TunedOperator mine;
  private final TunedOperator other;

  RivalBundles(Path mine, Path other) {
    this.mine = TunedOperator.open(mine);
    this.other = TunedOperator.open(other);
    this.mine.setThreads(1);
    this.other.setThreads(1);
  }

  /** One variable T; operands have so many elements for a value of it. */
  record Sizes(LongUnaryOperator first, long second, LongUnaryOperator result) {}

  /**
   * The first of the bundles is at most 3% slower, in the geometric mean over some values of the
   * only shape variable.
   */
  void assertAsFast(Sizes sizes, long... values) {
    double logs = 0;
    StringBuilder said = new StringBuilder();
    for (long value : values) {
      double ratio = ratio(sizes, value);
      said.append(name(mine, value)).append(" against ").append(name(other, value));
      said.append(": ").append(ratio).append(" times its time at ").append(value).append('\n');
      logs += Math.log(ratio);
    }
    assertTrue(Math.exp(logs / values.length) <= MOST, said::toString);
  }

  private static String name(TunedOperator operator, long value) {
    return operator.manifest().planName(operator.select(value));
  }

  /** Seconds over the other's; what runs the same micro-kernels is as fast. */
  private double ratio(Sizes sizes, long value) {
    if (name(mine, value).equals(name(other, value))) {
      return 1;
    }
    FloatBuffer first = random(sizes.first().applyAsLong(value));
    FloatBuffer second = random(sizes.second());
    FloatBuffer result = random(sizes.result().applyAsLong(value));
    long[] shape = {value};
    long begun = System.nanoTime();
    double[] least = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
    for (int call = 0;
        call < CALLS || least[0] > MOST * least[1] && System.nanoTime() - begun < LIMIT.toNanos();
        call++) {
      least[0] = Math.min(least[0], nanos(mine, shape, result, first, second));
      least[1] = Math.min(least[1], nanos(other, shape, result, first, second));
    }
    return least[0] / least[1];
  }

  private static double nanos(
      TunedOperator operator,
      long[] shape,
      FloatBuffer result,
      FloatBuffer first,
      FloatBuffer second) {
    long begun = System.nanoTime();
    operator.run(shape, result, first, second);
    return System.nanoTime() - begun;
  }

  private static FloatBuffer random(long elements) {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(Math.toIntExact(Float.BYTES * elements))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    while (buffer.hasRemaining()) {
      buffer.put(ThreadLocalRandom.current().nextFloat());
    }
    return buffer.clear();
  }

  @Override
  public void close() {
    mine.close();
    other.close();
  }
}
