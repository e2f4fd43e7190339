package tessera.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import tessera.dispatch.LaunchPlan.Part;
import tessera.operator.GemmShape;

final class LaunchPlanTest {
  private static final LaunchPlan PAIR = new LaunchPlan(2, 0, 14, 5);

  private static GemmShape rows(long m) {
    return new GemmShape(1, m, 7, 9);
  }

  @Test
  void parts_ofAPair_coverAllRows() {
    assertEquals(List.of(new Part(2, rows(28)), new Part(0, rows(3))), PAIR.parts(rows(31)));
    assertEquals(List.of(new Part(2, rows(28))), PAIR.parts(rows(28)));
    assertEquals(List.of(new Part(0, rows(5))), PAIR.parts(rows(5)));
  }

  @Test
  void parts_whereManyRowsAreLeft_areOne() {
    assertEquals(List.of(new Part(2, rows(34))), PAIR.parts(rows(34)));
    assertEquals(List.of(new Part(2, rows(6))), PAIR.parts(rows(6)));
  }

  @Test
  void parts_ofASingle_areTheWhole() {
    assertEquals(List.of(new Part(1, rows(31))), LaunchPlan.single(1).parts(rows(31)));
  }

  @Test
  void name_ofAPair_hasBoth() {
    assertEquals("c + a", PAIR.name(List.of("a", "b", "c")));
  }

  @Test
  void constructor_edgeWithoutRows_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> new LaunchPlan(0, 1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new LaunchPlan(0, -1, 8, 2));
    assertThrows(IllegalArgumentException.class, () -> new LaunchPlan(0, 1, 8, 8));
  }
}
