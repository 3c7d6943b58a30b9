package loomagent.handlers;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a database is. There may be a password in it, so only {@link #shown} is for messages.
 *
 * @param text begins with {@code jdbc:}
 */
record JdbcUrl(String text) {
  private static final Pattern KIND = Pattern.compile("jdbc:([A-Za-z0-9_+-]+):.*", Pattern.DOTALL);

  /** Values that stand behind a name of a secret, and a password before a host. */
  private static final Pattern SECRETS =
      Pattern.compile(
          "(?i)((?:password|passwd|pwd|secret)\\s*[=:]\\s*)[^&;,\\s]+"
              + "|(//[^/\\s:@]*:)[^/\\s@]+(?=@)");

  /** A database in a relative file; not ones in memory or on a server, nor {@code ~}, nor a URI. */
  private static final Pattern FILE =
      Pattern.compile(
          "(?s)(jdbc:(?:sqlite:|(?:h2|hsqldb):(?:file:)?))"
              + "(?![A-Za-z]+:|[:~/\\\\]|\\.?(?:[;?]|$))([^;?]+)(.*)");

  private static final Map<String, String> JARS =
      Map.of(
          "postgresql", "postgresql-….jar",
          "mariadb", "mariadb-java-client-….jar",
          "mysql", "mysql-connector-j-….jar",
          "sqlite", "sqlite-jdbc-….jar",
          "h2", "h2-….jar",
          "hsqldb", "hsqldb-….jar",
          "derby", "derby-….jar",
          "sqlserver", "mssql-jdbc-….jar",
          "oracle", "ojdbc….jar");

  /**
   * Where it names a file by a relative path, the same by the path that the agent gives it: a
   * driver would take the folder that the agent was started in.
   */
  JdbcUrl within(Function<String, Path> resolve) {
    Matcher file = FILE.matcher(text);
    return file.matches()
        ? new JdbcUrl(file.group(1) + resolve.apply(file.group(2)) + file.group(3))
        : this;
  }

  boolean right() {
    return KIND.matcher(text).matches();
  }

  /** The kind of database, such as {@code postgresql}. */
  String kind() {
    Matcher kind = KIND.matcher(text);
    return kind.matches() ? kind.group(1) : "";
  }

  /** The driver's file, as people know it. */
  String jar() {
    return JARS.getOrDefault(kind(), "the one that its maker offers");
  }

  /** As far as it can hold no secret. */
  String shown() {
    String address = text.replaceFirst("(?s)[?;].*", "");
    int at = address.lastIndexOf('@');
    return Text.line(at < 0 ? address : "jdbc:" + kind() + ":…" + address.substring(at), 100);
  }

  /** A message, in which a driver may have repeated what it was given. */
  String masked(String message, String password) {
    String masked = message.replace(text, shown());
    if (!password.isEmpty()) {
      masked = masked.replace(password, "[secret]");
    }
    return SECRETS
        .matcher(masked)
        .replaceAll(found -> Matcher.quoteReplacement(kept(found.group(1), found.group(2))));
  }

  private static String kept(String name, String user) {
    return (name == null ? user : name) + "[secret]";
  }

  /**
   * What a driver is asked for beside the user, unless the URL says otherwise: not to wait for ever
   * for a server that does not answer. Only to drivers known to take it; some refuse what they do
   * not know.
   */
  Properties properties() {
    Properties properties = new Properties();
    switch (kind()) {
      case "postgresql" -> {
        properties.put("connectTimeout", "10"); // seconds
        properties.put("loginTimeout", "15");
        properties.put("tcpKeepAlive", "true");
        properties.put("ApplicationName", "loom-agent");
      }
      case "mariadb", "mysql" -> properties.put("connectTimeout", "10000"); // milliseconds
      default -> {
        // Theirs have limits of their own, or there is no network between.
      }
    }
    return properties;
  }
}
