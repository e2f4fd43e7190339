package tessera.backend.cuda;

import java.util.Map;
import java.util.function.UnaryOperator;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.compile.SourceUnit;

/** A compiler whose sources can be spoilt on their way, to see what becomes of faulty kernels. */
final class SpoiltBuilder implements Builder {
  private final Builder real;
  private UnaryOperator<String> spoil = UnaryOperator.identity();

  SpoiltBuilder(Builder real) {
    this.real = real;
  }

  /** Changes every source from now on. */
  void spoil(UnaryOperator<String> change) {
    spoil = change;
  }

  @Override
  public BuildResult build(SourceUnit unit) {
    String source = spoil.apply(unit.files().get(unit.name()));
    return real.build(new SourceUnit(unit.name(), Map.of(unit.name(), source), unit.flags()));
  }
}
