package tessera.job.spark;

import java.util.ArrayList;
import java.util.List;
import tessera.job.records.RunEvents;

/** Keeps what it hears. */
final class HeardEvents implements RunEvents {
  final List<String> remarks = new ArrayList<>();
  final List<Double> waits = new ArrayList<>();

  @Override
  public void remark(String sentence) {
    remarks.add(sentence);
  }

  @Override
  public void waited(double seconds) {
    waits.add(seconds);
  }
}
