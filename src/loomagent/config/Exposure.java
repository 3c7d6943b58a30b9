package loomagent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import loomagent.base.Words;

/** Warns of secrets that others on this machine may read. */
final class Exposure {
  // Enough to find them all by: the rest is of the same kind.
  private static final int MAX_NAMED = 10;

  private static final Pattern SECRET =
      Pattern.compile("(?is).*(secret|password|token|key|authorization|cookie)");

  private final Source source;
  private final Problems warnings;

  Exposure(Source source, Problems warnings) {
    this.source = source;
    this.warnings = warnings;
  }

  /**
   * Warns of what counts; a secret that something else outweighs is not looked at.
   *
   * @param values what each was read as
   */
  void check(Map<String, Value> written, Map<String, Object> values) {
    List<Value> secrets =
        written.values().stream()
            .filter(value -> secret(value.key()) && !value.raw().isBlank())
            .sorted(Comparator.comparingInt(Value::order))
            .toList();
    List<Value> literal = secrets.stream().filter(Value::literal).toList();
    for (Value value : literal) {
      if (value.order() >= Layers.SET) {
        warnings.add(
            value,
            value.key() + " is written out on the command line. Use ${file:…} or ${credential:…}.");
      }
    }
    List<Value> inFile = literal.stream().filter(v -> v.order() < Layers.MISSING).toList();
    if (!inFile.isEmpty() && readByOthers(source.chosen())) {
      warnings.add(
          inFile.get(0).order(),
          source.chosen().toString(),
          "others may read this file, and secrets are written out in it: "
              + named(inFile.stream().map(v -> v.key() + " (line " + v.order() + ")").toList())
              + ". Let only the agent's own user read it (chmod 600), or write ${file:…} or"
              + " ${credential:…} in their place.");
    }
    Map<Path, List<Value>> users = new TreeMap<>();
    for (Value value : secrets) {
      value.files().forEach(file -> users.computeIfAbsent(file, f -> new ArrayList<>()).add(value));
    }
    if (Key.TLS_CLIENT_KEY.among(values, "") != null) {
      users
          .computeIfAbsent(Key.TLS_CLIENT_KEY.among(values, ""), f -> new ArrayList<>())
          .add(written.get(Key.TLS_CLIENT_KEY.name()));
    }
    of(users);
  }

  /** Narrower than what is masked: a {@code key-column} would be warned of for nothing. */
  private static boolean secret(String key) {
    return Naming.secret(key) && (Key.find(key).isPresent() || SECRET.matcher(key).matches());
  }

  private void of(Map<Path, List<Value>> users) {
    users.forEach(
        (file, values) -> {
          if (readByOthers(file)) {
            Value first = values.get(0);
            String keys = named(values.stream().map(Value::key).distinct().toList());
            warnings.add(
                first,
                "others may read "
                    + file
                    + ", where "
                    + keys
                    + (values.size() > 1 ? " come" : " comes")
                    + " from. Let only the agent's own user read it (chmod 600).");
          }
        });
  }

  private static String named(List<String> all) {
    String first =
        all.stream().limit(MAX_NAMED).map(Problems::plain).collect(Collectors.joining(", "));
    return all.size() > MAX_NAMED
        ? first + " and " + Words.count(all.size() - MAX_NAMED, "other")
        : first;
  }

  /**
   * Everyone, or the group of a file of this user's own. Where the file is somebody else's, as
   * root's are to a service, the group may be how this user itself comes to read it.
   */
  private static boolean readByOthers(Path file) {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      return permissions.contains(PosixFilePermission.OTHERS_READ)
          || permissions.contains(PosixFilePermission.GROUP_READ)
              && Files.getOwner(file).getName().equals(System.getProperty("user.name"));
    } catch (IOException | UnsupportedOperationException e) {
      return false; // There are no such permissions here (Windows), or no such file.
    }
  }
}
