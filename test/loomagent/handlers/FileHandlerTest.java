package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import loomagent.Event;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real disk. What needs a mount is skipped where the tests may have none. */
class FileHandlerTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-03-01T10:15:00.123Z"), ZoneOffset.UTC);

  @TempDir Path folder;
  private final Map<String, String> settings = new HashMap<>();
  private final List<FileHandler> handlers = new ArrayList<>();
  private Place place;

  @BeforeEach
  void place() {
    place = new Place(settings, folder);
  }

  @AfterEach
  void close() throws Exception {
    for (FileHandler handler : handlers) {
      handler.close();
    }
    if (Files.exists(folder.resolve("disk"))) {
      finish("umount", folder.resolve("disk").toString());
    }
  }

  private FileHandler opened(String path) throws IOException {
    settings.put("path", path);
    FileHandler handler = new FileHandler(CLOCK);
    handlers.add(handler);
    handler.open(place);
    return handler;
  }

  private static Event event(String id) {
    return Event.parse(Json.write(Map.of("id", id)));
  }

  private static Event named(String id, String name, String subject) {
    return Event.parse(Json.write(Map.of("id", id, "name", name, "subject", subject)));
  }

  private String read(String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  /** Every file below the folder, by its path within, and what is in it. */
  private Map<String, String> files() throws IOException {
    Map<String, String> files = new java.util.TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(file).toString(), Files.readString(file));
      }
    }
    return files;
  }

  private static String words(Throwable failure) {
    return failure.getMessage();
  }

  // --- appending ---

  @Test
  void eachEventIsALine() throws Exception {
    FileHandler handler = opened("out/sub/events.ndjson");
    handler.handle(Event.parse("{\r\n \"id\":\"1\",\n\"text\":\"a\\nü\"}\n"));
    handler.handle(Event.parse("{ \"id\" : \"2\" }"));
    assertEquals(
        "{   \"id\":\"1\", \"text\":\"a\\nü\"} \n{ \"id\" : \"2\" }\n",
        read("out/sub/events.ndjson"));
    opened("out/sub/events.ndjson").handle(event("3"));
    assertTrue(read("out/sub/events.ndjson").endsWith("}\n{\"id\":\"3\"}\n"));
  }

  @Test
  void theDayIsThatOnWhichLoomTookTheEvent() throws Exception {
    FileHandler handler = opened("{date}.ndjson");
    handler.handle(
        Event.parse(
            "{\"id\":\"1\",\"received_at\":\"2026-01-02T23:30:00-01:00\",\"timestamp\":\"2025-01-01T00:00:00Z\"}"));
    handler.handle(Event.parse("{\"id\":\"2\",\"timestamp\":\"2026-01-04T00:00:00Z\"}"));
    handler.handle(event("3"));
    assertEquals(
        List.of("2026-01-03.ndjson", "2026-01-04.ndjson", "2026-03-01.ndjson"),
        List.copyOf(files().keySet()));
  }

  @Test
  void namesAndSubjectsMakeFoldersAndFiles() throws Exception {
    FileHandler handler = opened("out/{name}/x-{subject}.ndjson");
    handler.handle(named("1", "app.a", "s1"));
    handler.handle(named("2", "app.a", "s1"));
    handler.handle(named("3", "app.b", "s1"));
    assertEquals(
        List.of("out/app.a/x-s1.ndjson", "out/app.b/x-s1.ndjson"), List.copyOf(files().keySet()));
    assertEquals(2, read("out/app.a/x-s1.ndjson").lines().count());
  }

  @Test
  void anEventThatWasNotWrittenWholeIsTakenOutBeforeTheNext() throws Exception {
    for (String torn : List.of("{\"id\":\"half", "{", "\0\0\0", "{\"id\":\"9\"}")) {
      Files.writeString(folder.resolve("e"), "{\"id\":\"1\"}\n" + torn);
      opened("e").handle(event("2"));
      assertEquals("{\"id\":\"1\"}\n{\"id\":\"2\"}\n", read("e"), torn);
      assertTrue(place.logger().says(torn.length() + " bytes of an event"));
      Files.writeString(folder.resolve("e"), torn);
      opened("e").handle(event("2"));
      assertEquals("{\"id\":\"2\"}\n", read("e"), torn);
    }
    Files.writeString(folder.resolve("e"), "{\"id\":\"1\"}\nsomebody's own");
    opened("e").handle(event("2"));
    assertEquals("{\"id\":\"1\"}\nsomebody's own\n{\"id\":\"2\"}\n", read("e"));
    String large = "{" + "x".repeat(5 << 20);
    Files.writeString(folder.resolve("e"), large);
    opened("e").handle(event("2"));
    assertEquals(large + "\n{\"id\":\"2\"}\n", read("e"), "no event is so long");
  }

  @Test
  void aFileThatIsMovedOrDeletedIsBegunAnew() throws Exception {
    FileHandler handler = opened("e");
    handler.handle(event("1"));
    Files.move(folder.resolve("e"), folder.resolve("e.1"));
    handler.handle(event("2"));
    Files.delete(folder.resolve("e"));
    handler.handle(event("3"));
    Files.writeString(folder.resolve("new"), "{\"id\":\"0\"}\n");
    Files.move(
        folder.resolve("new"),
        folder.resolve("e"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    handler.handle(event("4"));
    assertEquals(
        Map.of("e", "{\"id\":\"0\"}\n{\"id\":\"4\"}\n", "e.1", "{\"id\":\"1\"}\n"), files());
  }

  @Test
  void aFileIsSetAsideBeforeItPassesItsSize() throws Exception {
    settings.putAll(Map.of("rotate.size", "1KB", "rotate.keep", "2"));
    Files.writeString(folder.resolve("e.mine"), "");
    FileHandler handler = opened("e");
    String filler = "x".repeat(450);
    for (int i = 0; i < 10; i++) {
      handler.handle(Event.parse("{\"id\":\"" + i + "\",\"x\":\"" + filler + "\"}"));
    }
    handler.handle(Event.parse("{\"id\":\"large\",\"x\":\"" + filler + filler + filler + "\"}"));
    handler.handle(event("last"));
    Map<String, String> files = files();
    assertEquals(
        List.of("e", "e.20260301T101500.127Z", "e.20260301T101500.128Z", "e.mine"),
        List.copyOf(files.keySet()));
    assertEquals("{\"id\":\"last\"}\n", files.get("e"));
    assertTrue(files.get("e.20260301T101500.128Z").startsWith("{\"id\":\"large\""));
    assertEquals(2, files.get("e.20260301T101500.127Z").lines().count());
  }

  @Test
  void lanesAndHandlersOnOneFileKeepTheirLinesWhole() throws Exception {
    settings.putAll(Map.of("rotate.size", "64KB", "fsync", "false"));
    List<Thread> lanes = new ArrayList<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    for (int lane = 0; lane < 4; lane++) {
      FileHandler handler = opened("e");
      String id = lane + "-" + "x".repeat(500 * lane);
      Thread thread =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 300; i++) {
                    handler.handle(event(id + "-" + i));
                  }
                } catch (Throwable thrown) {
                  failure.set(thrown);
                }
              });
      lanes.add(thread);
      thread.start();
    }
    for (Thread lane : lanes) {
      lane.join();
    }
    assertEquals(null, failure.get());
    List<String> ids = new ArrayList<>();
    for (Map.Entry<String, String> file : files().entrySet()) {
      assertTrue(file.getValue().length() <= 64 << 10, file.getKey());
      file.getValue().lines().forEach(line -> ids.add(Event.parse(line).id()));
    }
    assertEquals(1_200, ids.size());
    assertEquals(1_200, ids.stream().distinct().count());
  }

  @Test
  void anInterruptDoublesNothingAndTearsNothing() throws Exception {
    FileHandler handler = opened("e");
    handler.handle(event("1"));
    for (int i = 0; i < 20; i++) {
      Thread.currentThread().interrupt();
      assertThrows(Exception.class, () -> handler.handle(event("2")));
      Thread.interrupted();
    }
    handler.handle(event("2"));
    assertEquals("{\"id\":\"1\"}\n{\"id\":\"2\"}\n", read("e"));
  }

  @Test
  void interruptsAtAnyMomentDoubleNothing() throws Exception {
    FileHandler handler = opened("e");
    AtomicReference<Event> hand = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(1);
    Thread lane =
        new Thread(
            () -> {
              for (int i = 0; i < 60; i++) {
                hand.set(event(i + "-" + "x".repeat(20_000)));
                boolean taken = false;
                while (!taken) {
                  try {
                    handler.handle(hand.get());
                    taken = true;
                  } catch (Exception interrupted) {
                    Thread.interrupted();
                  }
                }
              }
              done.countDown();
            });
    lane.start();
    Random random = new Random(3);
    while (!done.await(random.nextInt(2_000), TimeUnit.MICROSECONDS)) {
      lane.interrupt();
    }
    List<String> ids = read("e").lines().map(line -> Event.parse(line).id()).toList();
    assertEquals(60, ids.size());
    assertEquals(60, ids.stream().distinct().count());
  }

  @Test
  void aFullDiskIsSaidAndLeavesNoHalfLine() throws Exception {
    mount("1m");
    for (String sync : List.of("true", "false")) {
      settings.put("fsync", sync);
      FileHandler handler = opened("disk/" + sync);
      String filler = "x".repeat(9_000);
      int written = 0;
      IOException full = null;
      while (full == null) {
        try {
          handler.handle(event(written + filler));
          written++;
        } catch (IOException failure) {
          full = failure;
        }
      }
      String said = full.getMessage();
      assertTrue(
          said.startsWith(folder + "/disk/" + sync + " is not written: No space left"), said);
      assertThrows(IOException.class, () -> handler.handle(event(filler)));
      assertEquals(written, read("disk/" + sync).lines().map(Event::parse).count());
      assertTrue(read("disk/" + sync).endsWith("\"}\n"));
      Files.write(folder.resolve("disk/" + sync), new byte[0]);
      handler.handle(event(filler));
      assertEquals(event(filler).json() + "\n", read("disk/" + sync));
      Files.delete(folder.resolve("disk/" + sync));
    }
    FileHandler hot = opened("disk/{id}");
    Files.write(folder.resolve("disk/filler"), new byte[900_000]);
    Event large = Event.parse("{\"id\":\"1\",\"x\":\"" + "x".repeat(300_000) + "\"}");
    assertThrows(IOException.class, () -> hot.handle(large));
    assertEquals(List.of("disk/filler"), List.copyOf(files().keySet()));
    Files.delete(folder.resolve("disk/filler"));
    hot.handle(large);
    assertEquals(Map.of("disk/1", large.json()), files());
  }

  @Test
  void aReadOnlyDiskIsSaid() throws Exception {
    mount("1m");
    FileHandler handler = opened("disk/e");
    handler.handle(event("1"));
    handler.close();
    assertEquals(0, finish("mount", "-o", "remount,ro", folder.resolve("disk").toString()));
    String later = words(assertThrows(IOException.class, () -> handler.handle(event("2"))));
    assertTrue(later.contains("Read-only file system. Check the disk's room"), later);
    assertEquals(
        folder + "/disk may not be written by this user. Check its owner and rights",
        words(assertThrows(IOException.class, () -> opened("disk/e"))));
  }

  private void mount(String size) throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    boolean works =
        finish("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", disk.toString()) == 0;
    if (!works) {
      Files.delete(disk);
    }
    assumeTrue(works, "these tests may not mount");
  }

  private static int finish(String... words) throws InterruptedException {
    try {
      return new ProcessBuilder(words).inheritIO().start().waitFor();
    } catch (IOException noSuchProgram) {
      return -1;
    }
  }

  @Test
  void whatIsNoOrdinaryFileIsRefused() throws Exception {
    Files.createDirectory(folder.resolve("sub"));
    assertTrue(
        words(assertThrows(IOException.class, () -> opened("sub").handle(event("1"))))
            .contains("it is no ordinary file"));
    assumeTrue(finish("mkfifo", folder.resolve("pipe").toString()) == 0, "no mkfifo");
    assertTrue(
        words(assertThrows(IOException.class, () -> opened("pipe").handle(event("1"))))
            .contains("it is no ordinary file"));
    Files.writeString(folder.resolve("file"), "");
    assertTrue(
        words(assertThrows(IOException.class, () -> opened("file/x"))).contains("is no folder"));
  }

  @Test
  void filesOpenAtOnceAreFew() throws Exception {
    assumeTrue(new File("/proc/self/fd").list() != null, "only Linux shows them");
    FileHandler handler = opened("{name}");
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 100; i++) {
        handler.handle(named("1", "n" + i, ""));
      }
    }
    assertEquals(FileHandler.OPEN, openHere());
    handler.close();
    assertEquals(0, openHere());
    assertEquals(2, read("n0").lines().count());
  }

  private long openHere() throws IOException {
    long open = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path one : all) {
        try {
          open += Files.readSymbolicLink(one).startsWith(folder) ? 1 : 0;
        } catch (IOException closed) {
          // not open
        }
      }
    }
    return open;
  }

  // --- a file an event ---

  @Test
  void eachEventIsAFileWithItsExactText() throws Exception {
    FileHandler handler = opened("hot/{name}/{id}.json");
    Event event = Event.parse("{\n\"id\":\"1\", \"name\":\"app.a\"}\n");
    handler.handle(event);
    handler.handle(event.at(2, true));
    handler.handle(named("1", "app.b", ""));
    assertEquals(List.of("hot/app.a/1.json", "hot/app.b/1.json"), List.copyOf(files().keySet()));
    assertEquals(event.json(), read("hot/app.a/1.json"));
  }

  @Test
  void nobodySeesHalfAFile() throws Exception {
    settings.put("fsync", "false");
    Files.createDirectory(folder.resolve("hot"));
    FileHandler handler = opened("hot/{id}");
    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<String> taken = new ArrayList<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                boolean last = false;
                while (!last) {
                  last = done.get();
                  take(taken);
                }
              } catch (Throwable thrown) {
                failure.set(thrown);
              }
            });
    reader.start();
    String filler = "x".repeat(30_000);
    for (int i = 0; i < 2_000; i++) {
      handler.handle(Event.parse("{\"id\":\"" + i + "\",\"x\":\"" + filler + "\"}"));
    }
    done.set(true);
    reader.join();
    assertEquals(null, failure.get());
    assertEquals(2_000, taken.size());
    assertEquals(Map.of(), files());
  }

  /** As a hot folder's owner does it. */
  private void take(List<String> taken) throws IOException {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder.resolve("hot"))) {
      for (Path file : all) {
        if (!file.getFileName().toString().startsWith(".")) {
          taken.add(Event.parse(Files.readString(file)).id());
          Files.delete(file);
        }
      }
    }
  }

  @Test
  void whatAKillLeftHalfWrittenIsTakenAwayAndNothingElse() throws Exception {
    Path hot = Files.createDirectory(folder.resolve("hot"));
    Files.createDirectory(hot.resolve("sub"));
    for (String name :
        List.of(
            ".loom-agent-mis-0123abcd-7-1.part",
            "sub/.loom-agent-mis-0123abcd-7-1.part",
            ".loom-agent-other-0123abcd-7-1.part",
            ".loom-agent-mis-2-0123abcd-7-1.part",
            ".mine",
            ".loom-agent-mis-keep.part",
            "1.json")) {
      Files.writeString(hot.resolve(name), "x");
    }
    FileHandler handler = opened("hot/{id}");
    assertEquals(7, files().size()); // a check may open it beside the agent
    handler.handle(Event.parse("{\"id\":\"2\"}"));
    opened("hot/sub/../sub/{id}").handle(Event.parse("{\"id\":\"3\"}"));
    assertEquals(
        List.of(
            "hot/.loom-agent-mis-2-0123abcd-7-1.part",
            "hot/.loom-agent-mis-keep.part",
            "hot/.loom-agent-other-0123abcd-7-1.part",
            "hot/.mine",
            "hot/1.json",
            "hot/2",
            "hot/sub/3"),
        List.copyOf(files().keySet()));
  }

  @Test
  void aFolderThatIsTakenAwayIsMadeAgain() throws Exception {
    FileHandler handler = opened("hot/{id}");
    handler.handle(event("1"));
    Files.delete(folder.resolve("hot/1"));
    Files.delete(folder.resolve("hot"));
    handler.handle(event("2"));
    assertEquals(List.of("hot/2"), List.copyOf(files().keySet()));
  }

  // --- whatever an event is called ---

  @Test
  void noEventGetsOutOfTheFolder() throws Exception {
    Random random = new Random(11);
    String[] parts = {
      "..", ".", "/", "\\", "a", "\0", "~", "C:", "%2e", "con", " ", "\u202E", "\uD800", "hot", "-"
    };
    settings.put("fsync", "false");
    List<FileHandler> all =
        List.of(opened("in/hot/{name}/{id}-{subject}"), opened("in/hot/{subject}{name}.ndjson"));
    for (int i = 0; i < 300; i++) {
      String[] text = {"", "", ""};
      for (int j = 0; j < 3; j++) {
        for (int n = random.nextInt(6); n > 0; n--) {
          text[j] += parts[random.nextInt(parts.length)];
        }
      }
      Event event = named(text[0] + "i", text[1], text[2]);
      for (FileHandler handler : all) {
        handler.handle(event);
      }
    }
    for (String file : files().keySet()) {
      assertTrue(file.matches("(?U)in/hot(/\\w[\\w.~-]*){1,2}"), file);
    }
    try (Stream<Path> in = Files.list(folder)) {
      assertEquals(List.of(folder.resolve("in")), in.toList());
    }
  }

  @Test
  void aLinkThatWasPlantedIsNotFollowed() throws Exception {
    Path victim = Files.writeString(folder.resolve("victim"), "mine");
    Path away = Files.createDirectory(folder.resolve("away"));
    Path hot = Files.createDirectory(folder.resolve("hot"));
    Files.createSymbolicLink(hot.resolve("1"), victim);
    opened("hot/{id}").handle(event("1"));
    assertFalse(Files.isSymbolicLink(hot.resolve("1")));
    Files.createSymbolicLink(hot.resolve("app.a"), victim);
    String line = words(refused("hot/{name}"));
    assertTrue(line.contains("it is a link, and not followed"), line);
    Files.delete(hot.resolve("app.a"));
    Files.createSymbolicLink(hot.resolve("app.a"), away);
    for (String path : List.of("hot/{name}/x", "hot/{name}/{id}", "hot/{name}/new/x")) {
      String said = words(refused(path));
      assertTrue(said.contains("leads out of") || said.contains("is no folder"), said);
    }
    assertEquals("mine", Files.readString(victim));
    try (Stream<Path> in = Files.list(away)) {
      assertEquals(0, in.filter(Files::isRegularFile).count());
    }
  }

  private IOException refused(String path) throws IOException {
    FileHandler handler = opened(path);
    return assertThrows(IOException.class, () -> handler.handle(named("1", "app.a", "")));
  }

  @Test
  void aLinkOfTheOperatorsIsFollowed() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("big"));
    Files.createSymbolicLink(folder.resolve("out"), disk);
    Files.createSymbolicLink(folder.resolve("e"), disk.resolve("real"));
    opened("out/{id}").handle(event("1"));
    opened("out/{name}/x").handle(named("2", "n", ""));
    settings.put("rotate.size", "1KB");
    FileHandler handler = opened("e");
    handler.handle(event("3".repeat(600)));
    handler.handle(event("4".repeat(600)));
    assertTrue(Files.isSymbolicLink(folder.resolve("e")));
    assertEquals(
        List.of("big/1", "big/n/x", "big/real", "big/real.20260301T101500.123Z"),
        List.copyOf(files().keySet()).stream().filter(name -> name.startsWith("big")).toList());
  }

  // --- settings ---

  @Test
  void wrongSettingsAreRefusedAllAtOnce() {
    assertTrue(refusal("").startsWith("path is not set. Write one, such as hot-folder/{id}.json"));
    for (String path : List.of("a/{job}", "a/{id", "a/id}", "{}", "{{id}}", "{ID}")) {
      assertEquals(
          "path has a brace that is none of {name}, {id}, {subject}, {date}. Write one of these; no"
              + " other brace can be in it",
          refusal(path),
          path);
    }
    for (String path : List.of("a/", "{id}/", "{name}/../{id}", "a/..", ".", "{id}/./x")) {
      assertEquals(
          "path ends in a folder, or has . or .. behind a brace. Name a file", refusal(path), path);
    }
    assertTrue(refusal("{id}{name}{subject}{date}").contains("longer than the 255 bytes"));
    assertTrue(refusal("a\0b").startsWith("path is no path: "));
    settings.putAll(Map.of("rotate.size", "5", "rotate.keep", "x", "fsync", "maybe", "sync", "y"));
    String all = refusal("a");
    for (String part :
        List.of(
            "rotate.size is \"5\"",
            "rotate.keep is \"x\"",
            "fsync is \"maybe\"",
            "unknown setting sync; file knows")) {
      assertTrue(all.contains(part), all);
    }
    settings.keySet().removeAll(List.of("fsync", "sync"));
    settings.putAll(Map.of("rotate.size", "500B", "rotate.keep", "1"));
    assertEquals("rotate.size is less than 1KB. Raise it", refusal("a"));
    assertTrue(refusal("{id}").startsWith("rotate.size has no meaning where path has {id}"));
    settings.remove("rotate.size");
    assertTrue(refusal("a").startsWith("rotate.keep has no meaning without rotate.size"));
  }

  private String refusal(String path) {
    return words(assertThrows(IllegalArgumentException.class, () -> opened(path)));
  }

  @Test
  void itsTypeIsFile() {
    assertEquals("file", new FileHandler().type());
  }
}
