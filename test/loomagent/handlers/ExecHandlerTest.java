package loomagent.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import loomagent.Event;
import loomagent.Undeliverable;
import loomagent.json.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real programs, run as the agent runs them. */
class ExecHandlerTest {
  private static final Event EVENT =
      Event.parse(
          "{\"id\":\"e-1\",\"name\":\"app.a\",\"subject\":\"Org/2\",\"link\":\"https://x.example/1\",\"timestamp\":\"2026-03-01T12:00:00+02:00\",\"text\":\"\\u0000é\\n"
              + "\"}");
  private static final Event BARE = Event.parse("{\"id\":\"e-2\"}");

  /** More than any pipe holds. */
  private static final Event LARGE =
      Event.parse("{\"id\":\"e-3\",\"text\":\"" + "x".repeat(1_000_000) + "\"}");

  /** Nothing here takes nearly as long, unless it hangs. */
  private static final Duration PROMPT = Duration.ofSeconds(10);

  @TempDir Path folder;
  private final Map<String, String> settings = new HashMap<>();
  private Place place;

  @BeforeEach
  void hasAShell() {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "these tests need /bin/sh");
    place = new Place(settings, folder);
  }

  /** What a test left behind on purpose. */
  @AfterEach
  void clean() throws IOException {
    for (long pid : left()) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private ExecHandler opened(String command) throws IOException {
    settings.put("command", command);
    ExecHandler handler = new ExecHandler();
    handler.open(place);
    return handler;
  }

  /** Runs a script for an event; it may not hang. */
  private void run(String script, Event event) throws Exception {
    ExecHandler handler = opened("sh script");
    Files.writeString(folder.resolve("script"), script);
    assertTimeout(PROMPT, () -> handler.handle(event));
  }

  private String read(String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  private Path script(String name, String text) throws IOException {
    Path script = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + text);
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** The processes whose command line or folder is of this test. */
  private Set<Long> left() throws IOException {
    Set<Long> left = new TreeSet<>();
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      for (Path one : all.filter(p -> p.getFileName().toString().matches("[0-9]+")).toList()) {
        try {
          // A process that has ended and waits for its parent has no folder.
          if (one.resolve("cwd").toRealPath().startsWith(folder.toRealPath())) {
            left.add(Long.parseLong(one.getFileName().toString()));
          }
        } catch (IOException ended) {
          // not left
        }
      }
    }
    return left;
  }

  /** What is killed takes a moment to go; what is not stays. */
  private void assertNoneLeft() throws IOException {
    long end = System.nanoTime() + PROMPT.toNanos();
    while (!left().isEmpty() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(5_000_000);
    }
    for (long pid : left()) {
      fail(pid + " goes on: " + Files.readString(Path.of("/proc/" + pid + "/cmdline")));
    }
  }

  @Test
  void standardInputIsTheExactEventAndALineFeed() throws Exception {
    for (Event event : List.of(EVENT, BARE, LARGE)) {
      run("cat > got", event);
      assertEquals(event.json() + "\n", read("got"));
    }
    run("IFS= read -r line && printf %s \"$line\" > got", EVENT);
    assertEquals(EVENT.json(), read("got"));
  }

  @Test
  void theEnvironmentIsTheEventsAndLittleOfTheAgents() throws Exception {
    settings.put("environment.PRINTER", "hp 1=2");
    run("env -0 > got", EVENT.at(7, false));
    Map<String, String> got = new TreeMap<>();
    for (String each : read("got").split("\0")) {
      got.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
    }
    assertEquals("e-1", got.remove("LOOM_EVENT_ID"));
    assertEquals("app.a", got.remove("LOOM_EVENT_NAME"));
    assertEquals("Org/2", got.remove("LOOM_EVENT_SUBJECT"));
    assertEquals("2026-03-01T10:00:00Z", got.remove("LOOM_EVENT_TIMESTAMP"));
    assertEquals("https://x.example/1", got.remove("LOOM_EVENT_LINK"));
    assertEquals("7", got.remove("LOOM_EVENT_ATTEMPT"));
    assertTrue(got.remove("LOOM_EVENT_RUN").length() > 20);
    assertEquals("hp 1=2", got.remove("PRINTER"));
    assertEquals(System.getenv("PATH"), got.get("PATH"));
    got.keySet().removeAll(Set.of("PWD", "SHLVL", "_", "OLDPWD")); // the shell's own
    assertTrue(
        got.keySet().stream()
            .allMatch(
                name ->
                    name.matches("PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR")),
        got.keySet().toString());
  }

  @Test
  void whatAnEventDoesNotHaveIsEmpty() throws Exception {
    run(
        "printf '%s|' \"${LOOM_EVENT_NAME-unset}\" \"${LOOM_EVENT_SUBJECT-unset}\""
            + " \"${LOOM_EVENT_TIMESTAMP-unset}\" \"${LOOM_EVENT_LINK-unset}\" $LOOM_EVENT_ATTEMPT"
            + " > got",
        BARE);
    assertEquals("||||1|", read("got"));
  }

  @Test
  void aNulInAMemberDoesNotKeepTheEventBack() throws Exception {
    assumeTrue(Variables.passes("\uFFFD"), "in this locale it is a question mark");
    run(
        "printf %s \"$LOOM_EVENT_NAME\" > got",
        Event.parse("{\"id\":\"1\",\"name\":\"a\\u0000b\"}"));
    assertEquals("a\uFFFDb", read("got"));
  }

  @Test
  void aMemberThatNoVariableCanHoldIsADeadLetter() throws Exception {
    String link = "h".repeat(33_000);
    Undeliverable dead =
        assertThrows(
            Undeliverable.class,
            () -> run("true", Event.parse(Json.write(Map.of("id", "1", "link", link)))));
    assertTrue(dead.getMessage().startsWith("the event's link is longer than the 32 KB"));
    String all = "h".repeat(32_000);
    run(
        "printf %s \"$LOOM_EVENT_LINK$LOOM_EVENT_NAME$LOOM_EVENT_SUBJECT$LOOM_EVENT_ID\" | wc -c >"
            + " got",
        Event.parse(Json.write(Map.of("id", all, "link", all, "name", all, "subject", all))));
    assertEquals("128000", read("got").strip());
  }

  @Test
  void aValueOfTheEnvironmentIsAskedForAtEachRun() throws Exception {
    settings.put("environment.KEY", "one");
    ExecHandler handler = opened("sh -c 'printf %s \"$KEY\" > got'");
    handler.handle(EVENT);
    assertEquals("one", read("got"));
    settings.put("environment.KEY", "");
    handler.handle(EVENT);
    assertEquals("", read("got"));
    settings.put("environment.KEY", "se\0cret");
    IOException nul = assertThrows(IOException.class, () -> handler.handle(EVENT));
    assertEquals("environment.KEY holds a NUL character. Take it out", nul.getMessage());
  }

  @Test
  void exitStatus0IsDelivered65ADeadLetterAndAnythingElseComesAgain() throws Exception {
    run("exit 0", EVENT);
    assertEquals(
        "exit status 65: no such job",
        assertThrows(Undeliverable.class, () -> run("echo a; echo no such job >&2; exit 65", EVENT))
            .getMessage());
    assertEquals(
        "exit status 3: down",
        assertThrows(IOException.class, () -> run("echo; echo down; echo; exit 3", EVENT))
            .getMessage());
    for (int status : List.of(1, 2, 64, 66, 126, 127, 128, 255)) {
      assertEquals(
          "exit status " + status,
          assertThrows(IOException.class, () -> run("exit " + status, EVENT)).getMessage());
    }
    assertEquals(
        "killed by signal 9 (exit status 137)",
        assertThrows(IOException.class, () -> run("kill -9 $$", EVENT)).getMessage());
  }

  @Test
  void aProgramNeedNotReadItsInput() throws Exception {
    run("exit 0", LARGE);
    run("exec <&-; echo closed; sleep 0.05", LARGE);
    run("head -c 10 > got", LARGE);
    assertEquals("{\"id\":\"e-3", read("got"));
    assertEquals(
        "exit status 4", assertThrows(IOException.class, () -> run("exit 4", LARGE)).getMessage());
  }

  @Test
  void whatItPrintsGoesToTheLogAndMovesNoCursor() throws Exception {
    run("echo out; echo err >&2; printf 'a\\033[2J\\000\\377b\\r\\nlast'", EVENT);
    assertEquals(
        List.of("e-1: out", "e-1: err", "e-1: a\uFFFD[2J\uFFFD\uFFFDb", "e-1: last"),
        place.logger().all());
  }

  @Test
  void aFloodIsReadAndCounted() throws Exception {
    run("yes flood | head -n 3000000; exit 65; ", EVENT.at(1, false), "exit status 65: flood");
    assertEquals(Output.LINES + 1, place.logger().all().size());
    assertTrue(
        place.logger().says("e-1: 2999900 more lines, 14999500 bytes, were printed"),
        place.logger().all().get(Output.LINES));
  }

  @Test
  void aLineWithoutAnEndIsCut() throws Exception {
    long before = used();
    run("head -c 300000000 /dev/zero", EVENT);
    assertEquals(
        List.of("e-1: " + "\uFFFD".repeat(Output.LINE) + "…"), place.logger().all(), "one line");
    assertTrue(used() - before < 50_000_000, "memory is bounded");
  }

  @Test
  void whatIsLeftInTheBackgroundHoldsNothingUp() throws Exception {
    run("sleep 1000 & exit 0", EVENT);
    assertEquals(1, left().size(), "it goes on");
    // The others end a moment later than at once: what they leave behind is heard on.
    run("yes & sleep 0.1; exit 0", EVENT);
    run("sleep 1000 & exit 0", LARGE);
    // On a busy machine the moment may pass without the other's turn: it has a few.
    for (int i = 0; i < 5 && !place.logger().says("e-1: late"); i++) {
      run("{ while kill -0 $$; do sleep 0.01; done; echo late; } & sleep 0.1; exit 0", EVENT);
    }
    assertTrue(place.logger().says("e-1: late"), "a moment is given to it");
  }

  @Test
  void whatIsLeftInTheBackgroundWithTheInputUnreadIsEnded() throws Exception {
    run("exec 3<&0; head -c 1 > got; sleep 1000 <&3 & exit 0", LARGE);
    assertNoneLeft();
  }

  @Test
  void anInterruptEndsTheWholeTree() throws Exception {
    assumeTrue(Files.isDirectory(Path.of("/proc/self")), "only Linux knows who was left behind");
    interrupt(
        """
        trap '' TERM INT HUP
        sleep 1000 &
        (trap '' TERM; sleep 1000; true) &
        (setsid nohup sh -c 'sleep 1000 & sleep 1000' > /dev/null 2>&1 &)
        env -i sleep 1000 &
        i=0; while [ $i -lt 30 ]; do sh -c 'sleep 1000; true' & i=$((i + 1)); done
        echo ready
        while true; do sleep 0.01; done
        """);
    assertNoneLeft();
  }

  @Test
  void anInterruptEndsWhatForksOnAndOn() throws Exception {
    interrupt("f() { [ -e stop ] || (sleep 0.01; f) & }; f; f; f; echo ready; sleep 1000");
    assertNoneLeft();
  }

  @Test
  void anInterruptEndsAFloodAndALeftOne() throws Exception {
    interrupt("echo ready; yes");
    assertNoneLeft();
    place.logger().clear();
    interrupt("(setsid sh -c 'exec sleep 1000' &); echo ready; exec sleep 1000");
    assertNoneLeft();
  }

  /** Interrupts a run once it has printed "ready"; it has to end, and to say why. */
  private void interrupt(String text) throws Exception {
    Files.writeString(folder.resolve("script"), text);
    ExecHandler handler = opened("sh script");
    Throwable[] thrown = new Throwable[1];
    Thread lane =
        new Thread(
            () -> {
              try {
                handler.handle(LARGE);
              } catch (Throwable failure) {
                thrown[0] = failure;
              }
            },
            "lane");
    lane.start();
    place.logger().await("ready");
    lane.interrupt();
    lane.join(PROMPT.toMillis());
    assertFalse(lane.isAlive());
    assertEquals(InterruptedException.class, thrown[0].getClass());
    handler.close();
  }

  @Test
  void hundredsOfRunsLeaveNoThreadAndNoDescriptor() throws Exception {
    ExecHandler handler = opened("sh -c 'echo $LOOM_EVENT_ID; exit 0'");
    handler.handle(LARGE);
    long threads = threads();
    int files = files();
    for (int i = 0; i < 150; i++) {
      handler.handle(i % 2 == 0 ? LARGE : EVENT);
    }
    // Java closes the end of a pipe a moment after the process has ended.
    for (int i = 0; i < 1_000 && (files() > files + 3 || threads() > threads + 1); i++) {
      new ProcessBuilder("true").start().waitFor();
    }
    assertTrue(files() <= files + 3, () -> files + " files, then " + files());
    assertTrue(threads() <= threads + 1, () -> threads + " threads, then " + threads());
  }

  private static int files() {
    String[] open = new File("/proc/self/fd").list();
    return open == null ? 0 : open.length;
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().endsWith("-input"))
        .count();
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void nothingIsExpanded() throws Exception {
    script("show", "printf '<%s>' \"$@\" > got");
    opened("./show $HOME * 'a  b' \"c\\\"d\" | > x ; `id`").handle(EVENT);
    assertEquals("<$HOME><*><a  b><c\"d><|><>><x><;><`id`>", read("got"));
  }

  @Test
  void theProgramIsOfTheConfigurationsFolderAndRunsInItsDirectory() throws Exception {
    Files.createDirectories(folder.resolve("bin"));
    Path work = Files.createDirectories(folder.resolve("work"));
    script("bin/where", "pwd > where");
    opened("bin/where").handle(EVENT);
    assertEquals(folder.toRealPath() + "\n", read("where"));
    settings.put("directory", "work");
    opened("bin/where").handle(EVENT);
    assertEquals(work.toRealPath() + "\n", read("work/where"));
    settings.put("environment.PATH", folder.resolve("bin") + ":/usr/bin:/bin");
    opened("where").handle(EVENT);
  }

  @Test
  void whatIsMissingIsSaidWhenItOpensAndTriedAgain() throws Exception {
    Files.createDirectories(folder.resolve("sub"));
    Files.writeString(folder.resolve("plain"), "");
    assertEquals(
        "there is no program " + folder + "/none. Install it, or mend command", fails("./none"));
    assertEquals(folder + "/sub is a folder, no program. Mend command", fails("./sub"));
    assertEquals(
        folder
            + "/plain may not be run by this user. Make it executable: chmod +x "
            + folder
            + "/plain",
        fails("./plain"));
    assertEquals(
        "there is no program no-such-program-7 in the folders of PATH. Install it, or write its"
            + " path",
        fails("no-such-program-7"));
    settings.put("directory", "away");
    assertEquals(
        "directory " + folder + "/away is no folder. Create it, or mend directory", fails("true"));
    ExecHandler handler = new ExecHandler();
    Files.createDirectories(folder.resolve("away"));
    handler.open(place);
    Files.delete(folder.resolve("away"));
    assertThrows(IOException.class, () -> handler.handle(EVENT));
  }

  @Test
  void aProgramThatCannotBeStartedIsNamed() throws Exception {
    Path script = script("broken", "");
    Files.writeString(script, "#!/no/such/interpreter\n");
    ExecHandler handler = opened("./broken");
    String words = assertThrows(IOException.class, () -> handler.handle(EVENT)).getMessage();
    assertTrue(words.contains(script.toString()) && words.contains("its first line"), words);
  }

  private String fails(String command) {
    return assertThrows(IOException.class, () -> opened(command)).getMessage();
  }

  @Test
  void wrongSettingsAreRefusedAllAtOnce() {
    settings.putAll(Map.of("environment.1", "x", "environment.LOOM_EVENT_ID", "x", "comand", "y"));
    settings.put("environment.A B", "x");
    assertEquals(
        "unknown setting comand; exec knows command, directory, environment.<NAME>."
            + " command has a single quote (') at character 1 that is not closed. Close it."
            + " environment.1 is no variable; write A-Z, a-z, 0-9 and _, no digit in front."
            + " environment.A B is no variable; write A-Z, a-z, 0-9 and _, no digit in front."
            + " environment.LOOM_EVENT_ID is set by the handler; write another name than"
            + " LOOM_EVENT_",
        assertThrows(IllegalArgumentException.class, () -> opened("'")).getMessage());
    settings.clear();
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> opened(""))
            .getMessage()
            .startsWith("command is not set. Write one, such as "));
  }

  @Test
  void itsTypeIsExec() {
    assertEquals("exec", new ExecHandler().type());
  }

  private void run(String script, Event event, String dead) throws Exception {
    assertEquals(dead, assertThrows(Undeliverable.class, () -> run(script, event)).getMessage());
  }
}
