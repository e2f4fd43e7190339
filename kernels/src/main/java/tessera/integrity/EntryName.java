package tessera.integrity;

import java.util.regex.Pattern;
import tessera.UserError;

/**
 * The name of a file inside a checked folder: its path from there, in letters that every file
 * system and every program writes alike.
 *
 * <p>ASCII alone, since one name in Unicode has several forms. No part begins with a dot or a
 * hyphen, so that no name leads out of the folder, is hidden, or looks like an option.
 */
public final class EntryName {
  private static final int MOST_LETTERS = 240;
  private static final Pattern FORM =
      Pattern.compile("\\w[\\w.+-]*(/\\w[\\w.+-]*){0,3}", Pattern.DOTALL);

  private EntryName() {}

  public static boolean isSafe(String name) {
    return name.length() <= MOST_LETTERS && FORM.matcher(name).matches();
  }

  /**
   * @throws UserError where the name could lead out of the folder, or mean another file elsewhere
   */
  public static void check(Object folder, String name) {
    if (!isSafe(name)) {
      throw new UserError(
          folder
              + " is corrupt: it lists the name "
              + UserError.quoted(name)
              + ", and names in it have ASCII letters, digits and . _ + - in at most four parts; publish it again");
    }
  }
}
