package loomagent.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.Undeliverable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandlersTest {
  private static final Event EVENT = Event.parse("{\"id\":\"1\",\"name\":\"a.b\"}");
  private static final int JAVA = Runtime.version().feature();

  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createDirectory(temp.resolve("handlers"));
  }

  private JarMaker jar() {
    return new JarMaker(temp.resolve("scratch"));
  }

  private Path good(String file) throws IOException {
    return jar().handler("good.GoodHandler", "").write(folder.resolve(file));
  }

  /** The types that jars brought. */
  private List<String> types() {
    return Handlers.find(folder).types().stream()
        .filter(type -> !type.builtIn())
        .map(HandlerType::type)
        .toList();
  }

  private HandlerType type(String name) {
    return Handlers.find(folder).types().stream()
        .filter(type -> type.type().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private List<String> faults() {
    return Handlers.find(folder).faults().stream().map(Fault::toString).toList();
  }

  /** The one fault, while the good jar beside it is found. */
  private String onlyFault() throws IOException {
    good("good.jar");
    assertEquals(List.of("good"), types());
    List<String> faults = faults();
    assertEquals(1, faults.size(), faults.toString());
    return faults.get(0);
  }

  /** What the handler has to say. */
  private static String said(HandlerType type) throws Exception {
    EventHandler handler = type.make();
    return assertThrows(Undeliverable.class, () -> handler.handle(EVENT)).getMessage();
  }

  private static String says(String expression) {
    return "public void handle(Event event) throws Exception { throw new Undeliverable("
        + expression
        + "); }";
  }

  @Test
  void aJarsHandlerIsFoundWithItsJarAndVersion() throws Exception {
    jar()
        .handler("acme.JobTicketHandler", says("event.id() + event.name()"))
        .version("2.1-beta")
        .write(folder.resolve("acme.jar"));
    HandlerType type = type("job-ticket");
    assertEquals("acme.jar", type.source());
    assertEquals("2.1-beta", type.version());
    assertFalse(type.builtIn());
    assertEquals("1a.b", said(type));
    assertEquals(List.of(), faults());
    assertTrue(type.make() != type.make());
  }

  @Test
  void theBuiltInHandlerIsThereWithoutAnyFolder() {
    Handlers found = Handlers.find(temp.resolve("missing"));
    assertEquals(List.of(), found.faults());
    assertTrue(found.types().stream().allMatch(HandlerType::builtIn));
    assertTrue(found.types().stream().anyMatch(type -> type.type().equals("log")));
    assertEquals("built in", found.types().get(0).source());
  }

  @Test
  void aFileInPlaceOfTheFolderIsSaid() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    assertEquals(
        List.of(file + ": is a file. Set handlers.dir to the folder of the jars"),
        Handlers.find(file).faults().stream().map(Fault::toString).toList());
  }

  @Test
  void aJarWithAnyNameIsFoundAndOtherFilesAreLeftAlone() throws IOException {
    good("my handler #1+ü%20!.JAR");
    Files.writeString(folder.resolve("readme.txt"), "no jar");
    Files.writeString(folder.resolve("good.jar.part"), "half of one");
    assertEquals(List.of("good"), types());
    assertEquals(List.of(), faults());
  }

  @Test
  void twoJarsBringTwoVersionsOfOneLibrary() throws Exception {
    for (String version : List.of("one", "two")) {
      jar()
          .source(
              "lib.Lib",
              "package lib; public class Lib { public static String version() {"
                  + " return \""
                  + version
                  + "\"; } }")
          .handler(
              "acme.UsesHandler",
              "public String type() { return \"" + version + "\"; }" + says("lib.Lib.version()"))
          .write(folder.resolve(version + ".jar"));
    }
    assertEquals("one", said(type("one")));
    assertEquals("two", said(type("two")));
    assertEquals(List.of(), faults());
  }

  @Test
  void aJarWithItsOwnCopyOfTheApiImplementsTheAgents() throws Exception {
    JarMaker fat = jar().handler("acme.FatHandler", says("\"works\""));
    ClassLoader agent = EventHandler.class.getClassLoader();
    for (String name :
        List.of(
            "Event",
            "EventHandler",
            "HandlerContext",
            "Undeliverable",
            "handlers/LogHandler",
            "json/Json")) {
      String path = "loomagent/" + name + ".class";
      try (InputStream in = agent.getResourceAsStream(path)) {
        fat.entry(path, in.readAllBytes());
      }
    }
    fat.provider("loomagent.handlers.LogHandler").write(folder.resolve("fat.jar"));
    assertEquals(List.of("fat"), types());
    assertEquals("works", said(type("fat")));
    assertEquals(List.of(), faults(), "the copy's own handlers are nobody's fault");
    assertSame(EventHandler.class, type("fat").implementation().getInterfaces()[0]);
  }

  @Test
  void aCopyOfTheAgentWhoseProviderFileWonIsSaid() throws Exception {
    JarMaker fat = jar().source("acme.LostHandler", "package acme; public class LostHandler {}");
    String path = "loomagent/handlers/LogHandler.class";
    try (InputStream in = EventHandler.class.getClassLoader().getResourceAsStream(path)) {
      fat.entry(path, in.readAllBytes());
    }
    fat.provider("loomagent.handlers.LogHandler").write(folder.resolve("fat.jar"));
    assertEquals(
        "fat.jar: META-INF/services/loomagent.EventHandler names no handler of the jar's own."
            + " Write its class there",
        onlyFault());
  }

  @Test
  void innerClassesResourcesAndTheContextComeFromItsJar() throws Exception {
    jar()
        .handler(
            "acme.ReadsHandler",
            "static class Inner { static String text() throws Exception { try (var in ="
                + " ReadsHandler.class.getResourceAsStream(\"/acme/text.txt\")) { return new"
                + " String(in.readAllBytes()); } } } "
                + says("Inner.text()"))
        .entry("acme/text.txt", "from the jar")
        .write(folder.resolve("reads.jar"));
    assertEquals("from the jar", said(type("reads")));
  }

  @Test
  void theJdkIsThereAndTheAgentsInsideIsNot() throws Exception {
    jar()
        .handler(
            "acme.LooksHandler",
            says(
                "java.sql.Types.class.getSimpleName() + java.util.Arrays.stream(new String[]"
                    + " {\"loomagent.json.Json\", \"loomagent.plugin.Handlers\"}).filter(name -> {"
                    + " try { Class.forName(name); return true; } catch (ClassNotFoundException"
                    + " none) { return false; } }).count()"))
        .write(folder.resolve("looks.jar"));
    assertEquals("Types0", said(type("looks")));
  }

  @Test
  void aLibraryIsSilentlyFine() throws IOException {
    jar().source("lib.Lib", "package lib; public class Lib {}").write(folder.resolve("lib.jar"));
    assertEquals(List.of(), types());
    assertEquals(List.of(), faults());
  }

  @Test
  void aBrokenJarIsToldAndTheOthersWork() throws IOException {
    byte[] whole = Files.readAllBytes(good("whole.jar"));
    Files.delete(folder.resolve("whole.jar"));
    Path broken = folder.resolve("broken.jar");
    for (byte[] bytes :
        List.of(Arrays.copyOf(whole, whole.length / 2), new byte[0], "Not Found".getBytes(UTF_8))) {
      Files.write(broken, bytes);
      String fault = onlyFault();
      assertTrue(fault.startsWith("broken.jar: is not a whole jar (z"), fault);
      assertTrue(fault.endsWith("). Copy or build it again"), fault);
    }
  }

  @Test
  void aJarCutAnywhereHarmsNoOther() throws IOException {
    byte[] whole = Files.readAllBytes(good("a.jar"));
    good("b.jar");
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(folder.resolve("a.jar"), Arrays.copyOf(whole, length));
      assertEquals(List.of("good"), types(), "cut at " + length);
      assertEquals(1, faults().size(), "cut at " + length);
    }
  }

  @Test
  void aJarWithAWrongByteAnywhereHarmsNoOther() throws IOException {
    byte[] whole = Files.readAllBytes(good("a.jar"));
    jar().handler("other.OtherHandler", "").write(folder.resolve("b.jar"));
    for (int at = 0; at < whole.length; at += 3) {
      byte[] bytes = whole.clone();
      bytes[at] ^= 0x55;
      Files.write(folder.resolve("a.jar"), bytes);
      assertTrue(types().contains("other"), "byte " + at);
    }
  }

  @Test
  void aFolderOrADeadLinkCalledJarIsToldAsWhatItIs() throws IOException {
    Path named = folder.resolve("named.jar");
    Files.createDirectory(named);
    assertEquals(
        "named.jar/: is a folder without a jar. Put a jar and its libraries in it, or remove it",
        onlyFault());
    Files.delete(named);
    Files.createSymbolicLink(named, temp.resolve("nowhere"));
    assertEquals("named.jar: is a link that leads nowhere. Put the jar itself here", onlyFault());
    Files.delete(named);
    Path elsewhere = jar().handler("far.FarHandler", "").write(temp.resolve("far.jar"));
    Files.createSymbolicLink(named, elsewhere);
    assertEquals(List.of("good", "far"), types());
  }

  @Test
  void aProviderClassThatIsMissingIsNamed() throws IOException {
    jar().provider("acme.GoneHandler").write(folder.resolve("bad.jar"));
    assertEquals(
        "bad.jar: META-INF/services/loomagent.EventHandler names acme.GoneHandler, and the jar has"
            + " no such class. Correct the name",
        onlyFault());
  }

  @Test
  void aHandlerInAPackageOfTheAgentsIsToldToMove() throws IOException {
    jar().handler("loomagent.MineHandler", "").write(folder.resolve("bad.jar"));
    assertEquals(
        "bad.jar: loomagent.MineHandler is in a package of the agent's. Move it to a package of"
            + " your own",
        onlyFault());
  }

  @Test
  void aProviderThatIsNoHandlerIsNamed() throws IOException {
    jar()
        .source("acme.Plain", "package acme; public class Plain {}")
        .provider("acme.Plain")
        .write(folder.resolve("bad.jar"));
    assertEquals(
        "bad.jar: acme.Plain is no EventHandler. Let it implement loomagent.EventHandler",
        onlyFault());
  }

  @Test
  void aConstructorThatThrowsIsSaidWithItsReason() throws IOException {
    String advice = ". Move what may fail to open()";
    Path bad = folder.resolve("bad.jar");
    jar()
        .handler(
            "acme.BadHandler",
            "public BadHandler() { throw new IllegalStateException(\"no\\nlicence\"); }")
        .write(bad);
    assertEquals(
        "bad.jar: acme.BadHandler throws in its constructor: IllegalStateException:"
            + " no\\u000alicence"
            + advice,
        onlyFault());
    jar().handler("acme.BadHandler", "public BadHandler() { throw null; }").write(bad);
    assertTrue(onlyFault().contains("throws in its constructor: NullPointerException"));
    jar()
        .handler(
            "acme.BadHandler",
            "static class Mean extends Error { public String getMessage() { throw this; } public"
                + " Throwable getCause() { throw this; } } public BadHandler() { throw new Mean();"
                + " }")
        .write(bad);
    assertEquals("bad.jar: acme.BadHandler throws in its constructor: Mean" + advice, onlyFault());
  }

  @Test
  void aStaticInitializerThatThrowsIsSaidWithItsReason() throws IOException {
    jar()
        .handler("acme.BadHandler", "static final int PORT = Integer.parseInt(\"x\");")
        .write(folder.resolve("bad.jar"));
    assertEquals(
        "bad.jar: acme.BadHandler throws while its static fields are set: NumberFormatException:"
            + " For input string: \"x\". Move what may fail to open()",
        onlyFault());
  }

  @Test
  void aConstructorNobodyMayCallIsSaid() throws IOException {
    Path bad = folder.resolve("bad.jar");
    for (String constructor : List.of("public BadHandler(int port) {}", "BadHandler() {}")) {
      jar().handler("acme.BadHandler", constructor).write(bad);
      assertEquals(
          "bad.jar: acme.BadHandler has no public constructor without parameters. Add one",
          onlyFault());
    }
  }

  @Test
  void aClassThatCannotBeMadeIsSaid() throws IOException {
    Path bad = folder.resolve("bad.jar");
    String source =
        "package acme; import loomagent.*; %s class BadHandler implements EventHandler { public"
            + " BadHandler() {} public void handle(Event event) {} }";
    jar().source("acme.BadHandler", source.formatted("")).provider("acme.BadHandler").write(bad);
    assertEquals("bad.jar: acme.BadHandler is not public. Make the class public", onlyFault());
    jar()
        .source("acme.BadHandler", source.formatted("public abstract"))
        .provider("acme.BadHandler")
        .write(bad);
    assertEquals("bad.jar: acme.BadHandler is abstract. Name a class that extends it", onlyFault());
  }

  @Test
  void aMissingLibraryIsNamedWhereverItIsMissed() throws IOException {
    String lib = "package lib; public class Lib { public void go() {} }";
    Path bad = folder.resolve("bad.jar");
    for (JarMaker maker :
        List.of(
            jar().handler("acme.BadHandler", "public BadHandler() { new lib.Lib().go(); }"),
            jar().handler("acme.BadHandler", "static { new lib.Lib().go(); }"),
            jar()
                .source(
                    "acme.BadHandler",
                    "package acme; import loomagent.*; public class BadHandler extends lib.Lib"
                        + " implements EventHandler { public void handle(Event event) {} }")
                .provider("acme.BadHandler"))) {
      maker.source("lib.Lib", lib).without("lib.Lib").write(bad);
      assertEquals(
          "bad.jar: needs the class lib.Lib, which is not in its jar. Build the jar with its"
              + " libraries in it, or put the jar and its libraries into a folder of their own"
              + " here",
          onlyFault());
    }
  }

  @Test
  void aClassOfTheAgentsInsideIsNoLibrary() throws IOException {
    jar()
        .handler("acme.BadHandler", "{ loomagent.json.Json.write(1); }")
        .write(folder.resolve("bad.jar"));
    assertEquals(
        "bad.jar: needs the class loomagent.json.Json, which this agent does not have for handlers."
            + " Use the classes of the package loomagent alone, or run the agent that the jar was"
            + " built for",
        onlyFault());
  }

  @Test
  void aClassOfANewerJavaIsToldByItsVersion() throws IOException {
    int newer = JAVA + 3;
    jar()
        .handler("acme.BadHandler", "")
        .classFileVersion(44 + newer)
        .write(folder.resolve("bad.jar"));
    assertEquals(
        "bad.jar: acme.BadHandler is built for Java %d, and this is Java %d. Build it with --release %d, or run the agent on the newer Java"
            .formatted(newer, JAVA, JAVA),
        onlyFault());
  }

  @Test
  void aClassFileThatIsNoneIsSaid() throws IOException {
    jar()
        .entry("acme/BadHandler.class", "text")
        .provider("acme.BadHandler")
        .write(folder.resolve("bad.jar"));
    String fault = onlyFault();
    assertTrue(fault.startsWith("bad.jar: has a class that cannot be loaded (ClassFormatError: "));
    assertTrue(fault.endsWith("). Build the jar again"), fault);
  }

  @Test
  void aTypeNobodyCanWriteIsRefused() throws IOException {
    Path bad = folder.resolve("bad.jar");
    for (String type : List.of("null", "\"\"", "\"a/b\"", "\"../a\"", "\"-a\"", "\"Job\"")) {
      jar().handler("acme.BadHandler", "public String type() { return " + type + "; }").write(bad);
      assertEquals(
          "bad.jar: acme.BadHandler calls its type "
              + type
              + ". Return lower-case letters, digits, - and _, at most 64, from type()",
          onlyFault());
    }
    jar()
        .handler("acme.BadHandler", "public String type() { return \"a\\n\".repeat(9999); }")
        .write(bad);
    String fault = onlyFault();
    assertTrue(fault.contains("\"a\\u000aa"), fault);
    assertTrue(fault.length() < 500, fault);
  }

  @Test
  void aTypeThatThrowsIsSaidWithItsClass() throws IOException {
    jar()
        .handler(
            "acme.BadHandler", "public String type() { throw new IllegalStateException(\"no\"); }")
        .write(folder.resolve("bad.jar"));
    assertEquals(
        "bad.jar: acme.BadHandler throws in type(): IllegalStateException: no. Return a constant"
            + " there",
        onlyFault());
  }

  @Test
  void ofTwoJarsWithOneTypeTheFirstIsUsed() throws IOException {
    good("b.jar");
    good("a.jar");
    assertEquals(List.of("good"), types());
    assertEquals("a.jar", type("good").source());
    assertEquals(
        List.of(
            "b.jar: good.GoodHandler calls its type good, as does one from a.jar, which is used."
                + " Remove one of them, or return another name from type()"),
        faults());
  }

  @Test
  void noJarTakesTheNameOfABuiltInHandler() throws IOException {
    jar().handler("acme.LogHandler", "").write(folder.resolve("bad.jar"));
    assertTrue(onlyFault().contains("as does one from built in, which is used"));
    assertTrue(type("log").builtIn());
  }

  @Test
  void betweenTwoBrokenProvidersTheGoodOneIsFound() throws IOException {
    jar()
        .provider("acme.GoneHandler")
        .handler("acme.MiddleHandler", "")
        .handler("acme.BadHandler", "public BadHandler() { throw new IllegalStateException(); }")
        .handler("acme.LastHandler", "")
        .write(folder.resolve("mixed.jar"));
    assertEquals(List.of("middle", "last"), types());
    assertEquals(2, faults().size());
  }

  @Test
  void aLineThatIsNoClassNameIsShownWithItsNumber() throws IOException {
    for (String line : List.of("acme/BadHandler", "two names", "\ufeffacme.BadHandler", "9")) {
      jar().provider("# a comment").provider(line).write(folder.resolve("bad.jar"));
      String fault = onlyFault();
      assertTrue(
          fault.startsWith("bad.jar: META-INF/services/loomagent.EventHandler line 2: Illegal"),
          fault);
      assertTrue(
          fault.endsWith("one class name a line; until then the jar gives no handler"), fault);
    }
  }

  @Test
  void aProviderFileThatNamesNobodyIsSaid() throws IOException {
    jar().provider("# acme.GoodHandler").write(folder.resolve("bad.jar"));
    assertEquals(
        "bad.jar: META-INF/services/loomagent.EventHandler names no handler of the jar's own. Write"
            + " its class there",
        onlyFault());
  }

  @Test
  void tenThousandBadLinesFillNoLog() throws IOException {
    JarMaker maker = jar();
    for (int i = 0; i < 10_000; i++) {
      maker.provider("acme.Gone" + i);
    }
    maker.write(folder.resolve("bad.jar"));
    good("good.jar");
    List<String> faults = faults();
    assertEquals(List.of("good"), types());
    assertEquals(Providers.MOST_FAULTS + 1, faults.size());
    assertEquals(
        "bad.jar: has more wrong than that; the rest was not looked at. Correct these first",
        faults.get(faults.size() - 1));
  }

  @Test
  void manyGoodHandlersInOneJarAreAllFound() throws IOException {
    JarMaker maker = jar();
    for (int i = 0; i < 300; i++) {
      maker.handler("acme.Job" + i + "Handler", "");
    }
    maker.write(folder.resolve("many.jar"));
    assertEquals(300, types().size());
    assertEquals(List.of(), faults());
  }

  @Test
  void aConstructorThatFailsLaterThrowsWhatItThrows() throws Exception {
    jar()
        .handler(
            "acme.TwiceHandler",
            "static int made; public TwiceHandler() throws Exception { switch (made++) { case 0:"
                + " return; case 1: throw new java.io.IOException(\"checked\"); default: throw new"
                + " AssertionError(\"error\"); } }")
        .write(folder.resolve("twice.jar"));
    HandlerType type = type("twice");
    assertEquals("checked", assertThrows(IOException.class, type::make).getMessage());
    assertEquals("error", assertThrows(AssertionError.class, type::make).getMessage());
  }

  @Test
  void jarsAreLookedAtInTheOrderOfTheirNames() throws IOException {
    for (String name : List.of("c", "a", "b")) {
      jar()
          .handler("acme." + name.toUpperCase(Locale.ROOT), "")
          .write(folder.resolve(name + ".jar"));
    }
    assertEquals(List.of("a", "b", "c"), types());
  }
}
