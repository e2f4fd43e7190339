package tessera.operator;

import tessera.UserError;

/** Recursive descent over sums, products and atoms. */
final class ExpressionParser {
  private static final int MOST_DIGITS = 18;

  /** As deep as an expression of so many letters is, the stack is. */
  private static final int MOST_LETTERS = 1000;

  private final String text;
  private int at;

  ExpressionParser(String text) {
    this.text = text;
  }

  Expression parse() {
    if (text.length() > MOST_LETTERS) {
      throw new UserError(
          UserError.quoted(text) + " is an expression of more than " + MOST_LETTERS + " letters");
    }
    Expression whole = sum();
    if (peek() != 0) {
      throw unexpected();
    }
    return whole;
  }

  private Expression sum() {
    Expression left = product();
    while (peek() == '+' || peek() == '-') {
      char operator = text.charAt(at++);
      left = new Expression.Binary(operator, left, product());
    }
    return left;
  }

  private Expression product() {
    Expression left = atom();
    while (peek() == '*' || peek() == '/') {
      char operator = text.charAt(at++);
      left = new Expression.Binary(operator, left, atom());
    }
    return left;
  }

  private Expression atom() {
    char c = peek();
    if (c == '(') {
      at++;
      Expression inner = sum();
      if (peek() != ')') {
        throw unexpected();
      }
      at++;
      return inner;
    }
    int start = at;
    while (at < text.length() && isWord(text.charAt(at))) {
      at++;
    }
    String word = text.substring(start, at);
    if (word.matches("0|[1-9]\\d*")) {
      return new Expression.Constant(integer(word));
    }
    if (word.matches("[A-Za-z_]\\w*")) {
      return new Expression.Variable(word);
    }
    at = start;
    throw unexpected();
  }

  private long integer(String digits) {
    if (digits.length() > MOST_DIGITS) {
      throw new UserError(
          UserError.quoted(text)
              + " has an integer of "
              + digits.length()
              + " digits; give at most "
              + MOST_DIGITS);
    }
    return Long.parseLong(digits);
  }

  private static boolean isWord(char c) {
    return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
  }

  /** The next character that is no space, or 0 at the end. */
  private char peek() {
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private UserError unexpected() {
    String what =
        at < text.length() ? UserError.quoted(Character.toString(text.codePointAt(at))) : "the end";
    return new UserError(
        UserError.quoted(text)
            + " has "
            + what
            + " at position "
            + (at + 1)
            + "; write integers, variables, + - * / and parentheses");
  }
}
