package tessera;

/** Numbers of things, in words. */
public final class Count {
  private Count() {}

  /**
   * As in "1 leaf" and "3 leaves".
   *
   * @param noun one of them
   */
  public static String of(long count, String noun) {
    String several = noun.equals("leaf") ? "leaves" : noun + "s";
    return count + " " + (count == 1 ? noun : several);
  }
}
