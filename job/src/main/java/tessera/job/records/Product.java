package tessera.job.records;

import java.util.Optional;

/** The version of Tessera that runs. */
public final class Product {
  private Product() {}

  /** As Maven wrote it into the jar that this class comes from; empty where it is from no jar. */
  public static Optional<String> version() {
    return Optional.ofNullable(Product.class.getPackage().getImplementationVersion());
  }
}
