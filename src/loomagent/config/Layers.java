package loomagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import loomagent.base.Nearest;

/** Lays the file, the environment and {@code --set} over each other; the last one counts. */
final class Layers {
  /** ABSENT: the default file, which nothing may need. UNREADABLE: was told, and hides the rest. */
  enum FileState {
    READ,
    ABSENT,
    UNREADABLE
  }

  private static final String PREFIX = "LOOM_AGENT_";
  // A name with an underscore could not be told from the setting.
  private static final Pattern NEW_HANDLER =
      Pattern.compile(PREFIX + "HANDLER_([A-Z0-9]{1,64})_[A-Z_]+");

  private final Problems problems;
  private final Problems warnings;
  private final Map<String, Entry> winners = new LinkedHashMap<>();
  private FileState fileState = FileState.READ;

  Layers(Source source, Problems problems, Problems warnings) {
    this.problems = problems;
    this.warnings = warnings;
    List<Entry> file = file(source);
    List<Entry> sets = sets(source.sets());
    Set<String> written = new HashSet<>();
    file.forEach(entry -> written.add(entry.key()));
    sets.forEach(entry -> written.add(entry.key()));
    file.forEach(this::lay);
    environment(source.environment(), written).forEach(this::lay);
    sets.forEach(this::lay);
  }

  /** Every known key that was written, and every handler's own settings, each with what counts. */
  Map<String, Entry> winners() {
    return winners;
  }

  FileState fileState() {
    return fileState;
  }

  private void lay(Entry entry) {
    switch (Catalogue.kind(entry.key())) {
      case KNOWN, OWN -> winners.put(entry.key(), entry);
      case LATER ->
          warnings.add(
              entry.origin(), "%s belongs to a later version; this one ignores it.", entry.key());
      case UNKNOWN -> problems.add(entry.origin(), "%s", Catalogue.complaint(entry.key()));
    }
  }

  private List<Entry> file(Source source) {
    Path path = source.chosen();
    Entry.Origin origin = new Entry.Origin(0, path.toString());
    fileState = FileState.UNREADABLE;
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(PropertiesFile.MAX_BYTES + 1);
      if (bytes.length > PropertiesFile.MAX_BYTES) {
        problems.add(origin, "larger than 1 MB. Is this the right file?");
        return List.of();
      }
      fileState = FileState.READ;
      List<Entry> entries = PropertiesFile.parse(path.toString(), bytes, problems);
      warnOfReaders(path, entries);
      return entries;
    } catch (NoSuchFileException e) {
      if (source.file().isPresent()) {
        problems.add(origin, "there is no such file. Give --config one that exists.");
      } else {
        fileState = FileState.ABSENT;
      }
    } catch (IOException e) {
      problems.add(origin, "cannot be read: %s. Put that right.", Problems.reason(e));
    }
    return List.of();
  }

  private void warnOfReaders(Path path, List<Entry> entries) {
    Set<PosixFilePermission> open;
    try {
      open = Files.getPosixFilePermissions(path);
    } catch (IOException | UnsupportedOperationException e) {
      return; // There are no such permissions here (Windows): nothing to warn of.
    }
    if (open.contains(PosixFilePermission.GROUP_READ)
        || open.contains(PosixFilePermission.OTHERS_READ)) {
      String who = "a file that others may read (" + PosixFilePermissions.toString(open) + ")";
      entries.forEach(entry -> warnOfToken(entry, who, "chmod 600 it, or use"));
    }
  }

  private void warnOfToken(Entry entry, String where, String remedy) {
    if (entry.key().equals(Key.TOKEN.key()) && entry.literal() && !entry.raw().isEmpty()) {
      warnings.add(
          entry.origin(),
          "token is written out in %s. %s ${file:…} or ${credential:…}.",
          where,
          remedy);
    }
  }

  private List<Entry> sets(List<String> sets) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < sets.size(); i++) {
      String[] pair = sets.get(i).split("=", 2);
      if (pair.length < 2) {
        // Not shown: it may be a secret whose key was forgotten.
        Entry.Origin origin = new Entry.Origin(Entry.Origin.SET + i, "--set");
        problems.add(origin, "a \"=\" is missing. Write --set KEY=VALUE.");
      } else {
        String key = pair[0].strip();
        Entry.Origin origin =
            new Entry.Origin(Entry.Origin.SET + i, "--set " + Problems.plain(key));
        entries.add(new Entry(key, pair[1], origin, true));
        warnOfToken(entries.get(entries.size() - 1), "the command line, for all to see", "Use");
      }
    }
    return entries;
  }

  private List<Entry> environment(Map<String, String> environment, Set<String> written) {
    List<Entry> entries = new ArrayList<>();
    Set<String> names = new TreeSet<>(environment.keySet());
    names.removeIf(name -> !name.startsWith(PREFIX));
    Map<String, Set<String>> keysOf = variables(written, names);
    int order = Entry.Origin.ENVIRONMENT;
    for (String name : names) {
      Entry.Origin origin = new Entry.Origin(order++, "environment " + Problems.plain(name));
      for (String key : keysOf.getOrDefault(name, Set.of())) {
        entries.add(new Entry(key, environment.get(name), origin, true));
      }
      if (!keysOf.containsKey(name)) {
        String near =
            Nearest.to(Problems.plain(name.substring(PREFIX.length())), shortened(keysOf.keySet()))
                .map(nearest -> " Did you mean " + PREFIX + nearest + "?")
                .orElse("");
        warnings.add(origin, "belongs to no key and is ignored.%s", near);
      }
    }
    return entries;
  }

  private static List<String> shortened(Set<String> variables) {
    return variables.stream().map(variable -> variable.substring(PREFIX.length())).toList();
  }

  /** Which keys each variable stands for: two keys that differ only in a dot share one. */
  private static Map<String, Set<String>> variables(Set<String> written, Set<String> names) {
    Set<String> handlers = new HashSet<>();
    written.forEach(key -> Catalogue.handler(key).ifPresent(handlers::add));
    for (String name : names) {
      Matcher made = NEW_HANDLER.matcher(name);
      if (made.matches()) {
        handlers.add(made.group(1).toLowerCase(Locale.ROOT));
      }
    }
    Set<String> keys = new HashSet<>();
    written.stream().filter(key -> Catalogue.handler(key).isPresent()).forEach(keys::add);
    for (Set<String> all : List.of(Catalogue.KNOWN, Catalogue.LATER)) {
      for (String key : all) {
        if (key.contains(Catalogue.NAME)) {
          handlers.forEach(handler -> keys.add(key.replace(Catalogue.NAME, handler)));
        } else {
          keys.add(key);
        }
      }
    }
    return keys.stream()
        .collect(Collectors.groupingBy(Catalogue::variable, TreeMap::new, Collectors.toSet()));
  }
}
