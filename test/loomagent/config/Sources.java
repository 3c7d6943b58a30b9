package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Builds what a configuration is read from; its file is called agent.properties in messages. */
final class Sources {
  static final String ENOUGH = "events = app.event\ntoken = ${env:T}\n";

  static final Instant NOW = Instant.parse("2026-10-08T12:00:00Z");

  private final Path folder;
  private final List<String> sets = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>(Map.of("T", "tok-default-1"));

  Sources(Path folder) {
    this.folder = folder;
  }

  Sources file(String text) {
    return file(text.getBytes(StandardCharsets.UTF_8));
  }

  Sources file(byte[] bytes) {
    write("agent.properties", bytes);
    return this;
  }

  Path write(String name, byte[] bytes) {
    try {
      return Files.write(folder.resolve(name), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path write(String name, String text) {
    return write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  Sources set(String... more) {
    sets.addAll(List.of(more));
    return this;
  }

  Sources unset() {
    sets.clear();
    environment.clear();
    return variable("T", "tok-default-1");
  }

  Sources variable(String name, String value) {
    environment.put(name, value);
    return this;
  }

  Source source() {
    Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
    Path file = folder.resolve("agent.properties");
    return new Source(Optional.empty(), file, sets, environment, true, clock);
  }

  Configuration load() throws ConfigurationException {
    return Configuration.load(source());
  }

  /** The first of the connections. */
  ConnectionSettings connection() throws ConfigurationException {
    return load().connections().get(0);
  }

  /** The mistakes, with the folder cut from the file's name. */
  List<String> problems() {
    return plain(assertThrows(ConfigurationException.class, this::load).problems());
  }

  List<String> warnings() throws ConfigurationException {
    return plain(load().warnings());
  }

  List<String> plain(List<String> lines) {
    return lines.stream().map(line -> line.replace(folder + "/", "")).toList();
  }
}
