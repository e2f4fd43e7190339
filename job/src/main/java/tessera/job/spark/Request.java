package tessera.job.spark;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoSerializable;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import tessera.measure.Deadline;

/**
 * What a task is asked, if its turn comes in time. It travels with the seconds that are left when
 * its task is launched, so that no executor needs to know the time of day.
 */
final class Request implements KryoSerializable {
  private String text;
  private Deadline until;

  Request(String text, Deadline until) {
    this.text = text;
    this.until = until;
  }

  /** For Kryo, which reads the rest. */
  @SuppressWarnings("unused")
  private Request() {
    this("", Deadline.NEVER);
  }

  String text() {
    return text;
  }

  Deadline until() {
    return until;
  }

  /** Spark writes the request of a task when it launches the task, and not when the job begins. */
  @Override
  public void write(Kryo kryo, Output output) {
    output.writeString(text);
    output.writeDouble(until.secondsLeft());
  }

  @Override
  public void read(Kryo kryo, Input input) {
    text = input.readString();
    until = Deadline.in(input.readDouble());
  }
}
