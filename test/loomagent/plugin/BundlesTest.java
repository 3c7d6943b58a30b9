package loomagent.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Driver;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.Undeliverable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jars with their libraries, and jars that are replaced while they are in use. */
class BundlesTest {
  private static final Event EVENT = Event.parse("{\"id\":\"1\",\"name\":\"a.b\"}");

  /** One that registers itself, as all do. */
  private static final String DRIVER =
      """
      package db;
      import java.sql.*;
      import java.util.concurrent.atomic.AtomicInteger;
      public class D implements Driver {
        public static final AtomicInteger left = new AtomicInteger();
        static {
          try {
            DriverManager.registerDriver(new D(), left::incrementAndGet);
          } catch (SQLException impossible) {
            throw new IllegalStateException(impossible);
          }
        }
        public Connection connect(String url, java.util.Properties info) { return null; }
        public boolean acceptsURL(String url) { return false; }
        public DriverPropertyInfo[] getPropertyInfo(String url, java.util.Properties info) {
          return new DriverPropertyInfo[0];
        }
        public int getMajorVersion() { return 1; }
        public int getMinorVersion() { return 0; }
        public boolean jdbcCompliant() { return false; }
        public java.util.logging.Logger getParentLogger() { return null; }
      }
      """;

  @TempDir Path temp;
  private Path folder;
  private Copies copies;

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createDirectory(temp.resolve("handlers"));
    copies = new Copies(temp.resolve("jars"));
  }

  private JarMaker jar() {
    return new JarMaker(temp.resolve("scratch"));
  }

  /** A library that says a word. */
  private JarMaker library(String word) {
    return jar()
        .source(
            "lib.Lib",
            "package lib; public class Lib { public static String word() { return \""
                + word
                + "\"; } }");
  }

  /** A handler that says what its library says, which is not in its jar. */
  private JarMaker user(String name) {
    return jar()
        .source("lib.Lib", "package lib; public class Lib { public static native String word(); }")
        .without("lib.Lib")
        .handler(name, says("lib.Lib.word()"));
  }

  /** A handler whose only word is in its own jar. */
  private Path saying(String word, Path jar) throws IOException {
    return jar().handler("acme.MisHandler", says("\"" + word + "\"")).write(jar);
  }

  private static String says(String expression) {
    return "public void handle(Event event) throws Exception { throw new Undeliverable("
        + expression
        + "); }";
  }

  private static String said(HandlerType type) throws Exception {
    return said(type.make());
  }

  private static String said(EventHandler handler) {
    return assertThrows(Undeliverable.class, () -> handler.handle(EVENT)).getMessage();
  }

  private static HandlerType type(Handlers found, String name) {
    return found.types().stream()
        .filter(type -> type.type().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(found.faults().toString()));
  }

  private static List<String> texts(List<Fault> faults) {
    return faults.stream().map(Fault::toString).toList();
  }

  @Test
  void aFolderIsAHandlerWithItsLibraries() throws Exception {
    user("acme.OneHandler").version("3").write(folder.resolve("acme/one.jar"));
    library("first").write(folder.resolve("acme/lib/lib-1.jar"));
    user("other.TwoHandler").write(folder.resolve("other/two.jar"));
    library("second").write(folder.resolve("other/lib-2.jar"));
    Handlers found = Handlers.find(folder);
    assertEquals(List.of(), texts(found.faults()));
    assertEquals("first", said(type(found, "one")));
    assertEquals("second", said(type(found, "two")));
    assertEquals("acme/", type(found, "one").source());
    assertEquals("3", type(found, "one").version());
  }

  @Test
  void aHandlersThreadsSeeItsOwnLibraries() throws Exception {
    user("acme.OneHandler").write(folder.resolve("acme/one.jar"));
    library("first").write(folder.resolve("acme/lib.jar"));
    HandlerType type = type(Handlers.find(folder), "one");
    assertSame(type.implementation().getClassLoader(), type.loader());
    assertSame(type.loader(), type.loader().loadClass("lib.Lib").getClassLoader());
  }

  @Test
  void aLibraryBesideAHandlerIsNotTheHandlers() throws Exception {
    user("acme.OneHandler").write(folder.resolve("one.jar"));
    library("first").write(folder.resolve("lib.jar"));
    HandlerType type = type(Handlers.find(folder), "one");
    EventHandler handler = type.make();
    assertThrows(NoClassDefFoundError.class, () -> handler.handle(EVENT));
  }

  @Test
  @SuppressWarnings("rawtypes") // a class literal has no parameters
  void builtInHandlersSeeTheLibrariesThatBringNoHandler() throws Exception {
    String service =
        "package lib; public class %s implements java.util.function.Supplier<String>"
            + " { public String get() { return \"%s \" + lib.Lib.word(); } }";
    for (String name : List.of("One", "Two")) {
      Path place = name.equals("One") ? folder : folder.resolve("driver");
      library(name).write(place.resolve("needed.jar"));
      library("elsewhere")
          .without("lib.Lib")
          .source("lib." + name, service.formatted(name, name))
          .entry("META-INF/services/java.util.function.Supplier", "lib." + name + "\n")
          .write(place.resolve("driver.jar"));
    }
    saying("hidden", folder.resolve("mis.jar"));
    Handlers found = Handlers.find(folder);
    assertEquals(List.of(), texts(found.faults()));
    ClassLoader seen = type(found, "log").loader();
    List<String> words =
        ServiceLoader.load(Supplier.class, seen).stream()
            .map(each -> (String) each.get().get())
            .sorted()
            .toList();
    assertEquals(List.of("One One", "Two Two"), words);
    assertThrows(ClassNotFoundException.class, () -> seen.loadClass("acme.MisHandler"));
    assertSame(EventHandler.class, seen.loadClass(EventHandler.class.getName()));
    assertEquals(
        List.of("driver/driver.jar", "driver/needed.jar", "driver.jar", "needed.jar"),
        found.libraries());
  }

  @Test
  void aJarThatIsReplacedDoesNotDisturbWhatRuns() throws Exception {
    Path jar =
        jar()
            .handler("acme.MisHandler", says("new acme.Later().word()"))
            .source(
                "acme.Later",
                "package acme; public class Later { public String word() { return \"old\"; } }")
            .write(folder.resolve("mis.jar"));
    Handlers found = Handlers.find(folder, copies);
    EventHandler running = type(found, "mis").make();
    Files.write(jar, new byte[100_000]); // in place, as cp does
    assertEquals("old", said(running)); // the second class was not loaded yet
    Files.delete(jar);
    assertEquals("old", said(type(found, "mis")));
  }

  @Test
  void whatHasNotChangedIsTheSameWhenLookedAtAgain() throws Exception {
    saying("one", folder.resolve("mis.jar"));
    library("x").write(folder.resolve("lib.jar"));
    Handlers before = Handlers.find(folder, copies);
    jar().handler("acme.NewHandler", "").write(folder.resolve("new.jar"));
    Handlers after = before.again(folder);
    assertEquals(type(before, "mis"), type(after, "mis"));
    assertEquals(type(before, "log"), type(after, "log"));
    assertEquals("new.jar", type(after, "new").source());
    after.release(before);
    assertEquals("one", said(type(after, "mis")));
    assertEquals(3, count(temp.resolve("jars")));
  }

  @Test
  void aNewVersionIsAnotherTypeAndTheOldOneIsLetGo() throws Exception {
    Path jar = saying("one", folder.resolve("mis.jar"));
    Handlers before = Handlers.find(folder, copies);
    saying("two", jar);
    Handlers after = before.again(folder);
    assertNotEquals(type(before, "mis"), type(after, "mis"));
    assertEquals("one", said(type(before, "mis")));
    assertEquals("two", said(type(after, "mis")));
    after.release(before);
    assertEquals("two", said(type(after, "mis")));
    assertEquals(1, count(temp.resolve("jars")));
  }

  @Test
  void aJarThatBecomesUnusableLeavesTheOldOneInForce() throws Exception {
    Path jar = saying("one", folder.resolve("mis.jar"));
    Handlers before = Handlers.find(folder, copies);
    byte[] whole = Files.readAllBytes(jar);
    Files.write(jar, Arrays.copyOf(whole, whole.length / 2)); // still being copied
    Handlers after = before.again(folder);
    assertEquals(type(before, "mis"), type(after, "mis"));
    assertTrue(texts(after.faults()).get(0).startsWith("mis.jar: is not a whole jar"));
    assertEquals("mis.jar: what was loaded of it before goes on", texts(after.faults()).get(1));
    jar().handler("acme.MisHandler", "public MisHandler() { throw new Error(\"no\"); }").write(jar);
    Handlers third = after.again(folder);
    assertEquals(type(before, "mis"), type(third, "mis"));
    assertEquals(
        "mis.jar: acme.MisHandler throws in its constructor: Error: no. Move what may fail to"
            + " open()",
        texts(third.faults()).get(0));
    third.release(after);
    assertEquals("one", said(type(third, "mis")));
    Files.delete(jar);
    assertEquals(List.of(), texts(third.again(folder).faults()));
    assertTrue(third.again(folder).types().stream().allMatch(HandlerType::builtIn));
  }

  @Test
  void aLibraryThatBecomesUnusableLeavesItsWholeFolderInForce() throws Exception {
    user("acme.OneHandler").write(folder.resolve("acme/one.jar"));
    Path lib = library("first").write(folder.resolve("acme/lib.jar"));
    Handlers before = Handlers.find(folder, copies);
    Files.write(lib, new byte[] {'P', 'K'}); // still being copied
    Handlers after = before.again(folder);
    assertEquals(type(before, "one"), type(after, "one"));
    assertTrue(texts(after.faults()).get(0).startsWith("acme/lib.jar: is not a whole jar"));
    assertEquals("acme/: what was loaded of it before goes on", texts(after.faults()).get(1));
    library("second").write(lib);
    Handlers third = after.again(folder);
    assertEquals(List.of(), texts(third.faults()));
    assertEquals("second", said(type(third, "one")));
    Files.delete(lib);
    Handlers fourth = third.again(folder);
    assertNotEquals(type(third, "one"), type(fourth, "one")); // as it was told
  }

  @Test
  void aDriverThatBecomesUnusableStaysInForce() throws Exception {
    Path driver = library("x").write(folder.resolve("driver.jar"));
    Handlers before = Handlers.find(folder, copies);
    Files.write(driver, new byte[] {'P', 'K'});
    Handlers after = before.again(folder);
    assertEquals(type(before, "jdbc"), type(after, "jdbc"));
    assertEquals("lib.Lib", type(after, "jdbc").loader().loadClass("lib.Lib").getName());
  }

  @Test
  void aFolderThatVanishesOrCannotBeReadLeavesAllInForce() throws Exception {
    saying("one", folder.resolve("mis.jar"));
    Handlers before = Handlers.find(folder, copies);
    Files.move(folder, temp.resolve("aside"));
    Handlers gone = before.again(folder);
    assertEquals(type(before, "mis"), type(gone, "mis"));
    assertEquals(
        List.of(
            folder
                + ": is there no more. Put it back; to remove handlers, take their jars out of it",
            "mis.jar: what was loaded of it before goes on"),
        texts(gone.faults()));
    Files.writeString(folder, "not a folder");
    Handlers file = gone.again(folder);
    assertEquals(type(before, "mis"), type(file, "mis"));
    Files.delete(folder);
    Files.move(temp.resolve("aside"), folder);
    assertEquals(List.of(), texts(file.again(folder).faults()));
    assertEquals(type(before, "mis"), type(file.again(folder), "mis"));
  }

  @Test
  void aDriverThatIsLetGoLeavesNothingInDriverManager() throws Exception {
    jar()
        .source("db.D", DRIVER)
        .entry("META-INF/services/java.sql.Driver", "db.D\n")
        .write(folder.resolve("driver.jar"));
    Handlers before = Handlers.find(folder, copies);
    ClassLoader loader = type(before, "jdbc").loader();
    Driver driver = ServiceLoader.load(Driver.class, loader).iterator().next();
    Object left = driver.getClass().getField("left").get(null);
    Files.delete(folder.resolve("driver.jar"));
    before.again(folder).release(before);
    assertEquals(1, ((AtomicInteger) left).get());
  }

  @Test
  void copiesOfEarlierRunsAreDeleted() throws Exception {
    Path jar = saying("one", folder.resolve("mis.jar"));
    Handlers.find(folder, copies);
    Files.writeString(temp.resolve("jars/unfinished"), "killed in the middle");
    saying("two", jar);
    Handlers found = Handlers.find(folder, new Copies(temp.resolve("jars")));
    assertEquals("two", said(type(found, "mis")));
    assertEquals(1, count(temp.resolve("jars")));
  }

  @Test
  void aJarThatBringsTheAgentIsToldAndWorks() throws Exception {
    jar()
        .handler("acme.MisHandler", says("\"works\""))
        .entry("loomagent/EventHandler.class", "not even a class")
        .write(folder.resolve("fat.jar"));
    Handlers found = Handlers.find(folder);
    assertEquals("works", said(type(found, "mis")));
    assertEquals(
        List.of(
            "fat.jar: brings its own copy of loomagent, which is not used. Build it with the agent"
                + " as a dependency that is provided"),
        texts(found.notes()));
  }

  @Test
  void whoElseMayWriteIsSaid() throws Exception {
    Path jar = saying("one", folder.resolve("mis.jar"));
    assertEquals(List.of(), texts(Handlers.find(folder).notes()));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-r--rw-"));
    String advice =
        ": others may write to it, and so have the agent run what they like. Let its owner alone do"
            + " so (chmod go-w)";
    Handlers found = Handlers.find(folder);
    assertEquals(List.of(folder + advice, "mis.jar" + advice), texts(found.notes()));
    assertEquals("one", said(type(found, "mis")));
  }

  @Test
  void aFolderWithoutAJarIsToldAndHiddenOnesAreNot() throws IOException {
    Files.createDirectories(folder.resolve("empty/lib"));
    Files.createDirectories(folder.resolve(".git"));
    Files.writeString(folder.resolve(".half.jar"), "rsync is at it");
    assertEquals(
        List.of(
            "empty/: is a folder without a jar. Put a jar and its libraries in it, or remove it"),
        texts(Handlers.find(folder).faults()));
  }

  @Test
  void aConstructorThatHangsHoldsUpNobody() throws Exception {
    Path jar =
        jar()
            .handler(
                "acme.HangHandler",
                "public HangHandler() throws Exception { new Object() { synchronized void on()"
                    + " throws Exception { while (true) wait(); } }.on(); }")
            .write(folder.resolve("a.jar"));
    try (HandlerLoader loader =
        new HandlerLoader(
            "a.jar", List.of(jar.toUri().toURL()), EventHandler.class.getClassLoader())) {
      Providers found = Providers.of(loader, "a.jar", "", false, Duration.ofMillis(50));
      assertEquals(List.of(), found.types());
      assertEquals(
          List.of(
              "a.jar: has a constructor or a type() that takes longer than 50ms. Move what takes"
                  + " long to open()"),
          texts(found.faults()));
    }
  }

  @Test
  void aLookFromOutsideShowsEachChange() throws Exception {
    Map<String, String> empty = JarFolder.look(folder);
    Path jar = saying("one", folder.resolve("mis.jar"));
    Map<String, String> one = JarFolder.look(folder);
    assertNotEquals(empty, one);
    assertEquals(one, JarFolder.look(folder));
    Path other = saying("two", temp.resolve("other.jar"));
    Files.setLastModifiedTime(other, Files.getLastModifiedTime(jar));
    Files.move(other, jar, StandardCopyOption.REPLACE_EXISTING);
    Map<String, String> moved = JarFolder.look(folder);
    assertNotEquals(one, moved); // another file, be it of the same size and time
    library("x").write(folder.resolve("acme/lib/lib.jar"));
    assertNotEquals(moved, JarFolder.look(folder));
    assertFalse(JarFolder.look(temp.resolve("none")).isEmpty());
    assertEquals(JarFolder.look(temp.resolve("none")), JarFolder.look(temp.resolve("none")));
  }

  private static int count(Path in) throws IOException {
    try (Stream<Path> files = Files.list(in)) {
      return (int) files.count();
    }
  }

  @Test
  void aCopyIsNamedByItsContent() throws IOException {
    Path jar = Files.writeString(temp.resolve("a.jar"), "one", UTF_8);
    Path first = copies.of(jar);
    assertEquals(first, copies.of(jar));
    Files.writeString(jar, "two", UTF_8);
    assertNotEquals(first, copies.of(jar));
    assertEquals("one", Files.readString(first));
  }
}
