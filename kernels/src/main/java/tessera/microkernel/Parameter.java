package tessera.microkernel;

import java.util.List;

/** An open number of a sketch and what it may be, in an order in which neighbours are alike. */
public record Parameter(String name, List<Integer> choices) {
  public Parameter {
    choices = List.copyOf(choices);
    if (choices.isEmpty()) {
      throw new IllegalArgumentException("parameter " + name + " has no choice");
    }
  }
}
