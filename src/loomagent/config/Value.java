package loomagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.base.Secret;

/**
 * One setting as it was written. Each ${env:NAME}, ${file:PATH} and ${credential:NAME} in it is
 * looked up at each use, so that a rotated file takes effect.
 *
 * @param key of a handler's, with the handler's name
 * @param raw the text with its ${…}; it may be a secret
 * @param order problems are told in this order: a line of the file, or more than it can have
 * @param origin where it was written, like {@code agent.properties:6}
 * @param source what else there is
 */
public record Value(String key, String raw, int order, String origin, Source source) {
  // The largest secrets are certificates' keys, of a few KB.
  static final int MAX_LENGTH = 64 << 10;

  // One that does not end would be looked for to the end of the text, and so would the next: no
  // path is longer than this.
  private static final Pattern LOOKUP =
      Pattern.compile("\\$\\$\\{|\\$\\{(?:(env|file|credential):([^}]{1,4096}+)})?");

  // As many as anybody reads.
  private static final int MAX_FAULTS = 20;

  /** Whether it is written out, without any ${…}. */
  public boolean literal() {
    return !raw.replace("$${", "").contains("${");
  }

  /**
   * The value as it is now. May be called from any thread; reads files. A secret's text is
   * registered with {@link Secret} before it is returned.
   *
   * @throws IOException when a ${…} cannot be looked up or what it gave cannot be used; the message
   *     says which, where it was written and what to do, and never shows the value
   */
  public String resolve() throws IOException {
    try {
      String text = text();
      Optional<Key<?>> known = Key.find(key);
      if (known.isPresent()) {
        known.get().read(text, this);
      }
      return text;
    } catch (IOException e) {
      throw new IOException(origin + ": " + e.getMessage(), e);
    }
  }

  /** With each ${…} filled in; the exception tells of every one that could not be. */
  String text() throws IOException {
    StringBuilder text = new StringBuilder();
    Set<String> faults = new LinkedHashSet<>();
    Matcher lookup = LOOKUP.matcher(raw.length() > MAX_LENGTH ? "" : raw);
    int at = 0;
    while (lookup.find() && text.length() <= MAX_LENGTH && faults.size() < MAX_FAULTS) {
      text.append(raw, at, lookup.start());
      at = lookup.end();
      try {
        text.append(lookup.group().equals("$${") ? "${" : find(lookup));
      } catch (IOException e) {
        faults.add(key + " " + e.getMessage());
      }
    }
    text.append(raw, at, raw.length());
    if (text.length() > MAX_LENGTH) {
      faults.add(key + " comes to more than 64 KB. Write or name less.");
    }
    if (Naming.secret(key)) {
      Secret.register(text.toString());
    }
    if (!faults.isEmpty()) {
      throw new IOException(String.join(" ", faults));
    }
    return text.toString();
  }

  /** What each ${file:PATH} in it names. */
  List<Path> files() {
    return LOOKUP
        .matcher(raw)
        .results()
        .filter(lookup -> "file".equals(lookup.group(1)))
        .flatMap(lookup -> path(lookup.group(2)).stream())
        .toList();
  }

  private Optional<Path> path(String name) {
    try {
      return Optional.of(source.folder().resolve(name));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private String find(Matcher lookup) throws IOException {
    if (lookup.group(1) == null) {
      // What follows is not shown: it may be a part of a secret.
      throw new IOException(
          "holds a ${ that begins no ${env:NAME}, ${file:PATH} or ${credential:NAME}. Correct it,"
              + " or write $${ for a plain ${.");
    }
    String name = lookup.group(2);
    try {
      return switch (lookup.group(1)) {
        case "env" ->
            Optional.ofNullable(source.environment().get(name))
                .orElseThrow(() -> new IOException("the environment has none of this name"));
        case "file" -> file(source.folder().resolve(name));
        default -> credential(name);
      };
    } catch (IOException | InvalidPathException e) {
      String needs = "needs " + Problems.plain(lookup.group()) + ", but ";
      throw new IOException(needs + Problems.reason(e) + ". Put that right.", e);
    }
  }

  private String credential(String name) throws IOException {
    String directory = source.environment().getOrDefault("CREDENTIALS_DIRECTORY", "");
    if (directory.isEmpty()) {
      throw new IOException("systemd gave no credential (LoadCredential=)");
    }
    String text = file(source.folder().resolve(directory).resolve(name));
    Secret.register(text);
    return text;
  }

  private static String file(Path path) throws IOException {
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw new IOException("it is no ordinary file"); // A pipe would block, and give all once.
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_LENGTH + 1);
      if (bytes.length > MAX_LENGTH) {
        throw new IOException("it is larger than 64 KB");
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.replaceFirst("\r?\n\\z", "");
    } catch (CharacterCodingException e) {
      throw new IOException("it is not UTF-8", e);
    }
  }

  /** Never the text: it may be a secret. */
  @Override
  public String toString() {
    return key + " (" + origin + ")";
  }
}
