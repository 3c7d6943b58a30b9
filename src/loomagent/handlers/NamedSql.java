package loomagent.handlers;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a statement with {@code :names}. What stands in a literal, a quoted name or a comment is
 * left alone, and so are {@code ::casts} and {@code :=}.
 */
final class NamedSql {
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(?:\\.[A-Za-z_][A-Za-z0-9_]*)*");
  private static final Pattern DOLLARS = Pattern.compile("\\$(?:[A-Za-z_][A-Za-z0-9_]*)?\\$");

  private final String sql;
  private final boolean postgresql;
  private final boolean mysql;
  private final boolean brackets;
  private final StringBuilder out = new StringBuilder();
  private final List<BoundSql.Slot> slots = new ArrayList<>();
  private int at;

  private NamedSql(String sql, String kind) {
    this.sql = sql;
    this.postgresql = kind.equals("postgresql");
    this.mysql = kind.equals("mysql") || kind.equals("mariadb");
    this.brackets = kind.equals("sqlserver") || kind.equals("sqlite");
  }

  /**
   * Reads a statement.
   *
   * @param kind of the database, as its URL has it: {@code postgresql}
   * @throws IllegalArgumentException with what is wrong, without an end
   */
  static BoundSql parse(String sql, String kind) {
    return new NamedSql(sql, kind).parse();
  }

  private BoundSql parse() {
    boolean ended = false;
    while (at < sql.length()) {
      int from = at;
      boolean blank = skipBlank();
      if (!blank && ended) {
        throw new IllegalArgumentException("it has several statements; write one");
      }
      if (blank || skipQuoted()) {
        out.append(sql, from, at);
      } else if (sql.charAt(at) == ';') {
        ended = true;
        at++;
      } else {
        sign();
      }
    }
    if (out.toString().isBlank()) {
      throw new IllegalArgumentException("it has no statement");
    }
    return new BoundSql(out.toString().strip(), List.copyOf(slots));
  }

  /** White space or a comment. */
  private boolean skipBlank() {
    if (Character.isWhitespace(sql.charAt(at))) {
      at++;
    } else if (sql.startsWith("--", at) || mysql && sql.charAt(at) == '#') {
      to("\n", at);
    } else if (sql.startsWith("/*", at)) {
      comment();
    } else {
      return false;
    }
    return true;
  }

  private void comment() {
    int depth = 0;
    do {
      int step = 2;
      if (sql.startsWith("/*", at)) {
        depth = postgresql ? depth + 1 : 1; // only there one can lie within another
      } else if (sql.startsWith("*/", at)) {
        depth--;
      } else {
        step = 1;
      }
      at = Math.min(sql.length(), at + step);
    } while (depth > 0 && at < sql.length());
  }

  private boolean skipQuoted() {
    char sign = sql.charAt(at);
    Matcher dollars = DOLLARS.matcher(sql).region(at, sql.length());
    if (sign == '\'' || sign == '"' || sign == '`') {
      boolean escapes = mysql && sign != '`' || postgresql && sign == '\'' && afterWord("e");
      literal(sign, escapes);
    } else if (sign == '[' && brackets) {
      to("]", at);
    } else if (postgresql && !afterPartOfName() && dollars.lookingAt()) {
      to(dollars.group(), dollars.end());
    } else {
      return false;
    }
    return true;
  }

  /** A doubled quote ends one literal and begins the next, which comes to the same. */
  private void literal(char quote, boolean escapes) {
    for (at++; at < sql.length() && sql.charAt(at) != quote; at++) {
      if (escapes && sql.charAt(at) == '\\') {
        at++;
      }
    }
    at = Math.min(sql.length(), at + 1);
  }

  private void to(String end, int from) {
    int found = sql.indexOf(end, from);
    at = found < 0 ? sql.length() : found + end.length();
  }

  private boolean afterWord(String word) {
    int from = at - word.length();
    boolean there = sql.regionMatches(true, Math.max(0, from), word, 0, word.length());
    return there && from >= 0 && (from == 0 || !partOfName(sql.charAt(from - 1)));
  }

  private boolean afterPartOfName() {
    return at > 0 && partOfName(sql.charAt(at - 1));
  }

  private static boolean partOfName(char sign) {
    return Character.isLetterOrDigit(sign) || sign == '_' || sign == '$';
  }

  private void sign() {
    char sign = sql.charAt(at);
    Matcher name = NAME.matcher(sql).region(Math.min(at + 1, sql.length()), sql.length());
    if (sql.startsWith("::", at) || sql.startsWith(":=", at)) {
      out.append(sql, at, at + 2);
      at += 2;
    } else if (sign == ':' && name.lookingAt()) {
      slot(name.group());
      at = name.end();
    } else if (sign == '?') {
      question();
    } else {
      out.append(sign);
      at++;
    }
  }

  private void slot(String name) {
    if (!EventValues.known(name)) {
      throw new IllegalArgumentException(
          ":"
              + Text.line(name, 60)
              + " is unknown; there are "
              + EventValues.names()
              + " and :payload.<member>");
    }
    slots.add(new BoundSql.Slot(name, BoundSql.ANY));
    out.append('?');
  }

  /** In PostgreSQL an operator of JSON, which its driver takes doubled. */
  private void question() {
    if (!postgresql) {
      throw new IllegalArgumentException("nothing tells what its ? is; write a name, such as :id");
    }
    out.append("??");
    at++;
  }
}
