package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class NamedSqlTest {
  private static void reads(String kind, String sql, String expected, String... names) {
    BoundSql read = NamedSql.parse(sql, kind);
    assertEquals(expected, read.sql(), kind);
    assertEquals(List.of(names), read.slots().stream().map(BoundSql.Slot::name).toList(), sql);
  }

  private static void everywhere(String sql, String expected, String... names) {
    for (String kind : List.of("postgresql", "mariadb", "mysql", "sqlite", "oracle", "sqlserver")) {
      reads(kind, sql, expected, names);
    }
  }

  /** What is left as it is. */
  private static void leaves(String kind, String sql) {
    reads(kind, sql, sql);
  }

  @Test
  void namesBecomeQuestionMarksInTheirOrder() {
    everywhere(
        "insert into t values (:id,:name, :payload.job_id,:id+:payload.a.b.c)",
        "insert into t values (?,?, ?,?+?)",
        "id",
        "name",
        "payload.job_id",
        "id",
        "payload.a.b.c");
    everywhere(":id", "?", "id");
    everywhere("f(:payload.)", "f(?.)", "payload");
    everywhere(
        "\n call f(:received_at) ; -- end\n /* ; */ ",
        "call f(?)  -- end\n /* ; */",
        "received_at");
  }

  @Test
  void whatIsQuotedOrACommentIsLeftAlone() {
    for (String kind : List.of("postgresql", "mariadb", "sqlite", "oracle")) {
      leaves(kind, "select ':a', 'it''s :b', \":c\", \"a\"\":d\", `:e`");
      leaves(kind, "select 1 -- :a ' \" ?\n + 2 /* :b ' ? \n */ + 3");
      leaves(kind, "select ':a");
      leaves(kind, "select /* :a");
      leaves(kind, "select '?;'");
    }
    reads("mariadb", "select 1 # :a '\n, :id", "select 1 # :a '\n, ?", "id");
    reads("postgresql", "select j #>> '{a}' = :id", "select j #>> '{a}' = ?", "id");
    leaves("sqlserver", "select [:a]");
    reads("postgresql", "select array[:id]", "select array[?]", "id");
  }

  @Test
  void aBackslashEscapesWhereTheDatabaseSaysSo() {
    reads("mariadb", "select 'a\\':x', :id", "select 'a\\':x', ?", "id");
    reads("mariadb", "select \"a\\\":x\", :id", "select \"a\\\":x\", ?", "id");
    reads("postgresql", "select 'a\\', :id, ':x'", "select 'a\\', ?, ':x'", "id");
    reads("postgresql", "select E'a\\':x', :id", "select E'a\\':x', ?", "id");
    reads("postgresql", "select type'a\\', :id, ':x'", "select type'a\\', ?, ':x'", "id");
    leaves("mariadb", "select 'a\\");
  }

  @Test
  void whatPostgresqlHasOfItsOwnIsUnderstood() {
    reads("postgresql", "select :id::uuid, x::text", "select ?::uuid, x::text", "id");
    reads("postgresql", "do $$ :a; ? $$", "do $$ :a; ? $$");
    reads("postgresql", "do $x$ :a $$ :b $x$", "do $x$ :a $$ :b $x$");
    reads("postgresql", "select a$b$ + :id", "select a$b$ + ?", "id");
    reads("postgresql", "select /* a /* :b */ :c */ :id", "select /* a /* :b */ :c */ ?", "id");
    reads("mariadb", "select /* a /* :b */ :id", "select /* a /* :b */ ?", "id");
    reads(
        "postgresql", "select :payload ? 'a' and x ?| y", "select ? ?? 'a' and x ??| y", "payload");
    reads("postgresql", "select a[1:2], a[ :attempt : 3]", "select a[1:2], a[ ? : 3]", "attempt");
    reads("mariadb", "select @a := :id", "select @a := ?", "id");
  }

  @Test
  void whatIsWrongIsToldWithWhatWouldBeRight() {
    assertTrue(
        wrong("insert into t values (:job_id)")
            .startsWith(":job_id is unknown; there are :id, :name, "));
    assertTrue(wrong("x = :ID").startsWith(":ID is unknown"));
    assertTrue(wrong("x = :id.a").startsWith(":id.a is unknown"));
    assertEquals("it has several statements; write one", wrong("select 1; select 2"));
    assertEquals("it has several statements; write one", wrong("select 1;;"));
    assertEquals("it has several statements; write one", wrong("select 1; 'a'"));
    assertEquals("it has no statement", wrong(" ; "));
    assertEquals("nothing tells what its ? is; write a name, such as :id", wrong("a = ?"));
  }

  private static String wrong(String sql) {
    return assertThrows(IllegalArgumentException.class, () -> NamedSql.parse(sql, "oracle"))
        .getMessage();
  }
}
