package loomagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loomagent.base.Secret;

/**
 * Looks up ${env:NAME}, ${file:PATH} and ${credential:NAME}, anew each time.
 *
 * @param folder what relative paths are relative to
 */
record Placeholders(Path folder, Map<String, String> environment) {
  // The largest secrets are certificates' keys, of a few KB.
  static final int MAX_FILE = 64 << 10;
  // One value may name several files: memory stays bounded however many.
  static final int MAX_VALUE = 1 << 20;

  /** The value with each ${…} filled in; what could not be is said in {@code faults}. */
  String fill(Entry entry, List<String> faults) {
    String raw = entry.raw();
    StringBuilder out = new StringBuilder();
    for (int at = 0, open; at < raw.length() && out.length() <= MAX_VALUE; ) {
      open = raw.indexOf("${", at);
      if (open < 0) {
        out.append(raw, at, raw.length());
        break;
      }
      if (open > at && raw.charAt(open - 1) == '$') {
        out.append(raw, at, open - 1).append("${");
        at = open + 2;
        continue;
      }
      int close = raw.indexOf('}', open);
      if (close < 0) {
        faults.add(entry.key() + " holds a ${ without a }. Close it, or write $${ for plain ${.");
        break;
      }
      try {
        out.append(raw, at, open).append(find(entry.key(), raw.substring(open + 2, close)));
      } catch (IOException e) {
        faults.add(e.getMessage());
      }
      at = close + 1;
    }
    if (out.length() > MAX_VALUE) {
      faults.add(entry.key() + " comes to more than 1 MB. Name smaller files.");
    }
    if (Catalogue.secret(entry.key())) {
      Secret.register(out.toString());
    }
    return out.toString();
  }

  private String find(String key, String inside) throws IOException {
    String[] parts = inside.split(":", 2);
    String name = parts.length < 2 ? "" : parts[1];
    String wants = key + " needs ${" + Problems.plain(inside) + "}, but ";
    switch (name.isEmpty() ? "" : parts[0]) {
      case "env":
        if (!environment.containsKey(name)) {
          throw new IOException(
              wants + "the environment has no " + Problems.plain(name) + ". Set it.");
        }
        return environment.get(name);
      case "file":
        return read(wants, folder, name);
      case "credential":
        String text = read(wants, credentials(wants, name), name);
        Secret.register(text);
        return text;
      default:
        // In a secret this may be a part of it, and no placeholder at all.
        throw new IOException(
            (Catalogue.secret(key)
                    ? key + " holds a ${…} of no known kind"
                    : wants + "there is no such kind")
                + ". Write ${env:NAME}, ${file:PATH} or ${credential:NAME}; $${ stands for ${.");
    }
  }

  private Path credentials(String wants, String name) throws IOException {
    if (name.contains("/") || name.contains("\\") || name.matches("\\.\\.?")) {
      throw new IOException(wants + "a credential is a plain file name. Use ${file:PATH}.");
    }
    String directory = environment.getOrDefault("CREDENTIALS_DIRECTORY", "");
    if (directory.isEmpty()) {
      throw new IOException(
          wants + "$CREDENTIALS_DIRECTORY is not set. Add LoadCredential= to the systemd unit.");
    }
    return folder.resolve(directory);
  }

  private static String read(String wants, Path folder, String name) throws IOException {
    try {
      Path path = folder.resolve(name);
      if (Files.exists(path) && !Files.isRegularFile(path)) {
        throw new IOException("it is no ordinary file"); // A pipe would block, and give all once.
      }
      try (InputStream in = Files.newInputStream(path)) {
        byte[] bytes = in.readNBytes(MAX_FILE + 1);
        if (bytes.length > MAX_FILE) {
          throw new IOException("it is larger than 64 KB");
        }
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return text.replaceFirst("\r?\n\\z", "");
      }
    } catch (CharacterCodingException e) {
      throw new IOException(wants + "the file is not UTF-8. Save it as UTF-8.", e);
    } catch (InvalidPathException e) {
      throw new IOException(wants + "that is no path. Correct it.", e);
    } catch (IOException e) {
      throw new IOException(wants + Problems.reason(e) + ". Put that right.", e);
    }
  }
}
