package loomagent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loomagent.base.Nearest;
import loomagent.base.Words;
import loomagent.config.ConnectionSettings.OAuth;

/**
 * Each connection's settings: its own, else the plain ones, else the defaults of its environment.
 * Tells what does not go together. Used once.
 */
final class Connections {
  // Enough to see which are meant; the rest lacks the same.
  private static final int MAX_NAMED = 10;

  /** The other way to tokens, for an app with a secret. */
  private static final String LOGIN = " Or run the command login.";

  private static final List<Key<?>> OAUTH =
      List.of(
          Key.OAUTH_CLIENT_ID, Key.OAUTH_CLIENT_SECRET, Key.OAUTH_REFRESH_TOKEN, Key.OAUTH_SCOPES);

  private record Complaint(int order, String origin, String words) {}

  private final Source source;
  private final Problems problems;
  private final Problems warnings;
  private final Map<String, Value> written;
  private final Map<String, Object> values;

  /** Whom each complaint concerns: what a plain key lacks may concern them all. */
  private final Map<Complaint, List<String>> complaints = new LinkedHashMap<>();

  /**
   * Connections of what was written.
   *
   * @param written what counts of each key
   * @param values what each was read as; none for what is wrong in itself
   */
  Connections(
      Source source,
      Problems problems,
      Problems warnings,
      Map<String, Value> written,
      Map<String, Object> values) {
    this.source = source;
    this.problems = problems;
    this.warnings = warnings;
    this.written = written;
    this.values = values;
  }

  /** Tells all that is wrong but for what is missing. */
  void check() {
    if (several() && names().isEmpty()) {
      return; // Nobody knows which there are to be.
    }
    for (Value value : written.values()) {
      Naming.connection(value.key())
          .filter(name -> !names().contains(name) || !several())
          .ifPresent(name -> unknown(value, name));
      if (Naming.handler(value.key()).isPresent()
          && values.get(value.key()) instanceof List<?> wanted) {
        wanted.stream().map(String.class::cast).forEach(name -> unknownTo(value, name));
      }
    }
    for (String name : names()) {
      together(name, Key.BACKFILL_APP, Key.BACKFILL_PASSWORD);
      together(name, Key.BACKFILL_PASSWORD, Key.BACKFILL_APP);
      credentials(name);
    }
    twice();
    tell();
  }

  /** Tells what is not there at all. */
  void sayWhatIsMissing(String why) {
    for (String name : names()) {
      if (value(name, Key.EVENTS).isEmpty()) {
        missing(name, Key.EVENTS.name() + " is missing" + why + Key.EVENTS.advice());
      }
      if (value(name, Key.TOKEN).isEmpty() && oauth(name).findAny().isEmpty()) {
        missing(
            name,
            "token is missing, and so is oauth.client-id"
                + why
                + "Write token for a ready token, or oauth.client-id for tokens that are renewed.");
      }
    }
    tell();
  }

  /** To be called where nothing is wrong. */
  List<ConnectionSettings> settings() {
    return names().stream().map(this::settings).toList();
  }

  private ConnectionSettings settings(String name) {
    return new ConnectionSettings(
        name,
        get(name, Key.LOOM_URL).orElseThrow(),
        get(name, Key.LOOM_API).orElseThrow(),
        get(name, Key.HUB_URL).orElseThrow(),
        get(name, Key.EVENTS).orElse(List.of()),
        get(name, Key.ORGANIZATION),
        get(name, Key.TOKEN).filter(token -> fixed(name)),
        get(name, Key.OAUTH_CLIENT_ID).filter(client -> !fixed(name)).map(id -> oauth(name, id)),
        get(name, Key.BACKFILL_APP),
        get(name, Key.BACKFILL_PASSWORD),
        get(name, Key.BACKFILL_MARGIN).orElseThrow(),
        get(name, Key.BACKFILL_SINCE),
        get(name, Key.STANDBY).orElseThrow(),
        origin(name));
  }

  private OAuth oauth(String name, String clientId) {
    return new OAuth(
        clientId,
        get(name, Key.OAUTH_CLIENT_SECRET),
        get(name, Key.OAUTH_SCOPES).orElse(List.of()),
        get(name, Key.OAUTH_REFRESH_TOKEN));
  }

  private String origin(String name) {
    return Key.own().stream()
        .map(key -> written.get(Naming.connections(name, key)))
        .filter(Objects::nonNull)
        .min(Comparator.comparingInt(Value::order))
        .or(() -> Optional.ofNullable(written.get(Key.CONNECTIONS.name())))
        .map(Value::origin)
        .orElse(source.chosen().toString());
  }

  private boolean several() {
    return written.containsKey(Key.CONNECTIONS.name());
  }

  /** None where they are written wrongly. */
  private List<String> names() {
    List<String> one = several() ? List.of() : List.of(ConnectionSettings.DEFAULT);
    return Optional.ofNullable(Key.CONNECTIONS.among(values, "")).orElse(one);
  }

  /** As written for this connection, else for all. */
  private Optional<Value> value(String name, Key<?> key) {
    return Optional.ofNullable(written.get(key.ofConnection(name)))
        .or(() -> Optional.ofNullable(written.get(key.name())));
  }

  @SuppressWarnings("unchecked") // Only what this key read is there under its names.
  private <T> Optional<T> get(String name, Key<T> key) {
    Optional<Value> value = value(name, key);
    if (value.isPresent()) {
      return Optional.ofNullable((T) values.get(value.get().key()));
    }
    String text =
        key.name().equals(Key.ENVIRONMENT.name())
            ? key.standard()
            : key.standard(get(name, Key.ENVIRONMENT).orElseThrow());
    try {
      Value standard = new Value(key.name(), text, Layers.DEFAULT, "the default", source);
      return text.isEmpty() ? Optional.empty() : Optional.of(key.read(text, standard));
    } catch (IOException e) {
      throw new IllegalStateException("the table's own default is wrong: " + key.name(), e);
    }
  }

  private void unknown(Value value, String name) {
    String key = value.key();
    if (!several()) {
      String all =
          written.keySet().stream()
              .flatMap(other -> Naming.connection(other).stream())
              .distinct()
              .limit(MAX_NAMED)
              .collect(Collectors.joining(","));
      problems.add(value, key + " needs connections beside it. Write connections = " + all + ".");
      return;
    }
    String rest = key.substring(key.indexOf('.', key.indexOf('.') + 1) + 1);
    problems.add(
        value,
        key
            + " is of no connection. "
            + Nearest.to(name, names())
                .map(near -> "Did you mean " + Problems.quote(Naming.connections(near, rest)) + "?")
                .orElse("Write " + name + " into connections, or remove this."));
  }

  private void unknownTo(Value value, String name) {
    if (!names().contains(name)) {
      problems.add(
          value,
          value.key()
              + " names "
              + Problems.quote(name)
              + ", which is no connection. "
              + Nearest.to(name, names())
                  .map(near -> "Did you mean " + Problems.quote(near) + "?")
                  .orElse("There is: " + list(names()) + "."));
    }
  }

  private void together(String name, Key<?> key, Key<?> other) {
    needs(name, key, other, "Write both, or neither.");
  }

  private void needs(String name, Key<?> key, Key<?> other, String advice) {
    Optional<Value> value = value(name, key);
    if (value.isPresent() && value(name, other).isEmpty()) {
      boolean own = !value.get().key().equals(key.name());
      String missing = own ? other.ofConnection(name) : other.name();
      complain(name, value.get(), "needs " + missing + " beside it. " + advice);
    }
  }

  private void credentials(String name) {
    Optional<Value> token = value(name, Key.TOKEN);
    Optional<Value> oauth = oauth(name).findFirst();
    if (token.isPresent() && oauth.isPresent() && own(name, Key.TOKEN) == ownOauth(name)) {
      complain(
          name,
          token.get(),
          "is set, and so is %s (%s). Keep one: a ready token, or tokens that are renewed."
              .formatted(oauth.get().key(), oauth.get().origin()));
    } else if (!fixed(name)) {
      for (Key<?> key : OAUTH) {
        needs(name, key, Key.OAUTH_CLIENT_ID, Key.OAUTH_CLIENT_ID.advice());
      }
      // Without a refresh token, a secret means client_credentials, unless somebody logs in or has.
      boolean login = !source.lookups() || loggedIn(name);
      if (value(name, Key.OAUTH_REFRESH_TOKEN).isEmpty() && !login) {
        needs(name, Key.OAUTH_CLIENT_SECRET, Key.ORGANIZATION, Key.ORGANIZATION.advice() + LOGIN);
        needs(name, Key.OAUTH_CLIENT_SECRET, Key.OAUTH_SCOPES, Key.OAUTH_SCOPES.advice() + LOGIN);
      }
    }
  }

  private boolean loggedIn(String name) {
    Path data = Key.DATA_DIR.among(values, "");
    return Files.exists(data.resolve("tokens").resolve(name + ".json"));
  }

  /** Whether it is the ready token that counts: a connection's own goes before what is for all. */
  private boolean fixed(String name) {
    return own(name, Key.TOKEN) == ownOauth(name)
        ? value(name, Key.TOKEN).isPresent()
        : own(name, Key.TOKEN);
  }

  private boolean own(String name, Key<?> key) {
    return written.containsKey(key.ofConnection(name));
  }

  private boolean ownOauth(String name) {
    return OAUTH.stream().anyMatch(key -> own(name, key));
  }

  /** What is set of it; the client's ID first. */
  private Stream<Value> oauth(String name) {
    return OAUTH.stream().flatMap(key -> value(name, key).stream());
  }

  private void twice() {
    List<String> fixed = names().stream().filter(this::fixed).toList();
    List<String> fetched = names().stream().filter(name -> !fixed(name)).toList();
    List<String> own =
        fetched.stream()
            .filter(name -> value(name, Key.OAUTH_CLIENT_SECRET).isPresent())
            .filter(name -> value(name, Key.OAUTH_REFRESH_TOKEN).isEmpty())
            .toList();
    String same = "and brings each of them the same events";
    shared(fixed, Key.TOKEN, same, warnings);
    shared(own, Key.ORGANIZATION, same, warnings);
    shared(fetched, Key.OAUTH_REFRESH_TOKEN, "but works only once", problems);
  }

  /** Told where the first has it; what is written in the same way is the same. */
  private void shared(List<String> names, Key<?> key, String why, Problems told) {
    Map<String, List<String>> byText = new LinkedHashMap<>();
    for (String name : names) {
      value(name, key)
          .map(Value::raw)
          .ifPresent(raw -> byText.computeIfAbsent(raw, r -> new ArrayList<>()).add(name));
    }
    for (List<String> sharing : byText.values()) {
      Value first = value(sharing.get(0), key).orElseThrow();
      if (sharing.size() > 1) {
        told.add(
            first,
            "%s is used by several connections, %s. Write %s for each. Connections: %s."
                .formatted(first.key(), why, key.ofConnection(Key.NAME), list(sharing)));
      }
    }
  }

  private void missing(String name, String words) {
    complain(name, new Complaint(Layers.MISSING, source.chosen().toString(), words));
  }

  private void complain(String name, Value value, String words) {
    String told = value.key() + " " + words;
    if (Naming.connection(value.key()).isPresent()) {
      problems.add(value, told); // The key says whose it is.
    } else {
      complain(name, new Complaint(value.order(), value.origin(), told));
    }
  }

  private void complain(String name, Complaint complaint) {
    complaints.computeIfAbsent(complaint, c -> new ArrayList<>()).add(name);
  }

  private void tell() {
    complaints.forEach(
        (complaint, names) ->
            problems.add(
                complaint.order(),
                complaint.origin(),
                complaint.words() + (several() ? " Connections: " + list(names) + "." : "")));
    complaints.clear();
  }

  private static String list(List<String> names) {
    String first = names.stream().limit(MAX_NAMED).collect(Collectors.joining(", "));
    return names.size() <= MAX_NAMED
        ? first
        : first + " and " + Words.count(names.size() - MAX_NAMED, "other");
  }
}
