package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigurationTest {
  @TempDir Path folder;
  private Sources sources;

  @BeforeEach
  void begin() {
    sources = new Sources(folder);
  }

  @Test
  void everythingHasADefaultButEventsAndToken() throws Exception {
    Configuration read = sources.file(Sources.ENOUGH).load();
    assertEquals("default", read.connections().get(0).name());
    assertEquals(
        URI.create("wss://loom.sandbox.zaikio.com/websocket"), read.connections().get(0).url());
    assertEquals(List.of("app.event"), read.connections().get(0).events());
    assertEquals("tok-default-1", read.connections().get(0).token().orElseThrow().resolve());
    assertEquals(Duration.ofSeconds(1), read.reconnectFirst());
    assertEquals(Duration.ofSeconds(60), read.reconnectLongest());
    assertEquals(Duration.ofSeconds(10), read.staleAfter());
    assertEquals(folder.resolve("data"), read.dataDir());
    assertEquals(folder.resolve("handlers"), read.handlersDir());
    assertEquals("info", read.logLevel());
    assertEquals("text", read.logFormat());
    assertEquals(Duration.ofSeconds(20), read.shutdownTimeout());
    assertEquals(
        URI.create("https://loom.sandbox.zaikio.com"), read.connections().get(0).loomApi());
    assertEquals(Optional.empty(), read.connections().get(0).organization());
    assertEquals(Optional.empty(), read.connections().get(0).backfillApp());
    assertEquals(Optional.empty(), read.connections().get(0).backfillPassword());
    assertEquals(Duration.ofMinutes(5), read.connections().get(0).backfillMargin());
    assertEquals(Optional.empty(), read.connections().get(0).backfillSince());
    assertEquals(Duration.ofDays(7), read.journalKeep());
    assertEquals(1L << 30, read.journalMaxSize());
    assertEquals(List.of(), read.handlers());
    assertEquals(List.of(), read.warnings());
    assertEquals(folder.resolve("agent.properties").toString(), read.origin());
  }

  @Test
  void everyMistakeIsToldAtOnceInFileOrder() {
    sources.file(
        """
        # a comment
        environment = staging
        loom.url = ws://loom.zaikio.com/websocket
        events = a.b, mission_control.*, nodot,
        token = two words here
        recconect.first = 2s
        stale-after = 10
        log.level =
        data.dir = C:\\temp
        handler.mis.events = a.b,?
        handler.MIS.type = file
        log.level = warn
        reconnect.first = 1s
        reconnect.longest = 500ms
        shutdown.timeout = 11m
        handler.mis.enabled = yes
        handler.mis.url = ${env:NOWHERE}/${vault:x}/${file:gone}
        """);
    sources.variable("LOOM_AGENT_LOG_FORMAT", "xml").set("no-equals", "log.levl=x");
    assertEquals(
        List.of(
            "agent.properties:2: environment is \"staging\". Write sandbox or production.",
            "agent.properties:3: loom.url would send the token unencrypted. Write wss://; ws:// is"
                + " for this machine only (127.0.0.1, ::1, localhost).",
            "agent.properties:4: events holds \"mission_control.*\", \"nodot\", \"\". Write whole"
                + " event names like mission_control.job_added, with commas, at most 500; no *.",
            "agent.properties:5: token (14 characters) cannot be right. Write the access token,"
                + " best as ${file:…}, ${credential:…} or ${env:…}; at most 16 KB, no Bearer, no"
                + " space.",
            "agent.properties:6: unknown key \"recconect.first\". Did you mean"
                + " \"reconnect.first\"?",
            "agent.properties:7: stale-after is \"10\". Write 1s to 1h.",
            "agent.properties:9: data.dir has lost a \\. Write \\\\ or / instead.",
            "agent.properties:10: handler.mis.events \"?\" is no event name or glob. Write 1 to 256"
                + " letters, digits, _, -, . and *; ! in front leaves out; one comma between two.",
            "agent.properties:11: unknown key \"handler.MIS.type\". Write"
                + " handler.<name>.<setting>; a name is 1 to 64 of a-z, 0-9, _ and -.",
            "agent.properties:12: log.level is in line 8 too. Keep one of them.",
            "agent.properties:14: reconnect.longest is 500ms, shorter than reconnect.first (1s)."
                + " Raise it, or lower reconnect.first.",
            "agent.properties:15: shutdown.timeout is \"11m\". Write 0s to 10m.",
            "agent.properties:16: handler.mis.enabled is \"yes\". Write true or false.",
            "agent.properties:17: handler.mis.url needs ${env:NOWHERE}, but the environment has"
                + " none of this name. Put that right. handler.mis.url holds a ${ that begins no"
                + " ${env:NAME}, ${file:PATH} or ${credential:NAME}. Correct it, or write $${ for a"
                + " plain ${. handler.mis.url needs ${file:gone}, but there is no such file. Put"
                + " that right.",
            "environment LOOM_AGENT_LOG_FORMAT: log.format is \"xml\". Write text, json or"
                + " journal.",
            "--set: a \"=\" is missing. Write --set KEY=VALUE.",
            "--set log.levl: unknown key \"log.levl\". Did you mean \"log.level\"?"),
        sources.problems());
  }

  @Test
  void aMissingKeyIsToldWithWhatToWrite() {
    assertEquals(
        List.of(
            "agent.properties: events is missing. Write whole event names like"
                + " mission_control.job_added, with commas, at most 500; no *.",
            "agent.properties: token is missing, and so is oauth.client-id. Write token for a ready"
                + " token, or oauth.client-id for tokens that are renewed."),
        sources.file("").problems());
  }

  @Test
  void anEmptyValueIsAMistakeWhereOneIsNeeded() {
    assertEquals(
        List.of(
            "agent.properties:1: events holds \"\". Write whole event names like"
                + " mission_control.job_added, with commas, at most 500; no *.",
            "agent.properties:2: token (0 characters) cannot be right. Write the access token, best"
                + " as ${file:…}, ${credential:…} or ${env:…}; at most 16 KB, no Bearer, no space.",
            "agent.properties:3: log.level is \"\". Write error, warn, info, debug or trace."),
        sources.file("events\ntoken=\nlog.level=\nhandler.mis.own=\n").problems());
  }

  @Test
  void withoutAFileItRunsIfNothingIsMissing() throws Exception {
    sources.set("events=a.b").variable("LOOM_AGENT_TOKEN", "tok-from-environment");
    assertEquals("tok-from-environment", sources.connection().token().orElseThrow().resolve());
    assertEquals("no file", sources.load().origin());
    assertEquals(folder.resolve("data"), sources.load().dataDir());
  }

  @Test
  void withoutAFileWhatIsMissingIsTold() {
    assertEquals(
        List.of(
            "agent.properties: token is missing, and so is oauth.client-id, and there is no such"
                + " file. Write token for a ready token, or oauth.client-id for tokens that are"
                + " renewed."),
        sources.set("events=a.b").problems());
  }

  @Test
  void aNamedFileHasToExistAndIsNotCalledIncompleteAsWell() {
    Source named =
        new Source(Optional.of(Path.of("nowhere.conf")), folder, List.of("x=1"), Map.of());
    assertEquals(
        List.of(
            "nowhere.conf: cannot be read: there is no such file. Give --config the right file.",
            "--set x: unknown key \"x\". The sample agent.properties has every key."),
        problems(named));
    Source directory = new Source(Optional.of(folder), folder, List.of(), Map.of());
    assertTrue(problems(directory).get(0).startsWith(folder + ": cannot be read: "));
    assertEquals(1, problems(directory).size());
  }

  @Test
  void whatIsSetOutweighsTheEnvironmentWhichOutweighsTheFile() throws Exception {
    sources.file(Sources.ENOUGH + "log.level = error\nhandler.mis.url = file\nhandler.a-b.x.y = 1");
    assertEquals("error", sources.load().logLevel());
    sources.variable("LOOM_AGENT_LOG_LEVEL", "warn").variable("LOOM_AGENT_HANDLER_MIS_URL", "env");
    sources
        .variable("LOOM_AGENT_HANDLER_A_B_X_Y", "2")
        .variable("LOOM_AGENT_HANDLER_A_B_TYPE", "t");
    Configuration read = sources.load();
    assertEquals("warn", read.logLevel());
    assertEquals("env", read.handlers().get(0).settings().get("url"));
    assertEquals("2", read.handlers().get(1).settings().get("x.y"));
    assertEquals("t", read.handlers().get(1).type());
    sources.set("log.level=debug", "log.level=trace", "handler.mis.url=a=b");
    assertEquals("trace", sources.load().logLevel());
    assertEquals("a=b", sources.load().handlers().get(0).settings().get("url"));
    assertEquals(List.of(), sources.warnings().stream().filter(w -> w.contains("no key")).toList());
  }

  @Test
  void theEnvironmentAloneCanMakeAHandler() throws Exception {
    sources.file(Sources.ENOUGH).variable("LOOM_AGENT_HANDLER_PRINT_TYPE", "log");
    sources.variable("LOOM_AGENT_HANDLER_PRINT_EVENTS", "!a.*");
    HandlerSettings handler = sources.load().handlers().get(0);
    assertEquals("print", handler.name());
    assertEquals("log", handler.type());
    assertEquals("!a.*", handler.events().toString());
    assertEquals("environment LOOM_AGENT_HANDLER_PRINT_EVENTS", handler.origin());
  }

  @Test
  void aHandlersOwnSettingOfOneWordMayStandInTheEnvironmentAlone() throws Exception {
    sources.file(Sources.ENOUGH).variable("LOOM_AGENT_HANDLER_LOG_FORMAT", "json");
    HandlerSettings handler = sources.load().handlers().get(0);
    assertEquals("log", handler.type());
    assertEquals(Map.of("format", "json"), Map.copyOf(handler.settings()));
  }

  @Test
  void aVariableOfNoKeyIsOnlyAWarning() throws Exception {
    sources.file(Sources.ENOUGH).variable("LOOM_AGENT_RECONECT_FIRST", "1s");
    sources.variable("LOOM_AGENT_HANDLER_A_B_TYPE", "x");
    assertEquals(
        List.of(
            "environment LOOM_AGENT_HANDLER_A_B_TYPE: belongs to no key and is ignored. Correct it,"
                + " or unset it.",
            "environment LOOM_AGENT_RECONECT_FIRST: belongs to no key and is ignored. Correct it,"
                + " or unset it."),
        sources.warnings());
    assertEquals(List.of(), sources.load().handlers());
  }

  @Test
  void aMisspeltKeyIsMetWithTheNearestOne() {
    assertEquals(
        List.of(
            "agent.properties:3: unknown key \"Log.Level\". Did you mean \"log.level\"?",
            "agent.properties:4: unknown key \"handlr.mis.url\". The sample agent.properties has"
                + " every key.",
            "agent.properties:5: unknown key \"oauth.client-idd\". Did you mean"
                + " \"oauth.client-id\"?",
            "agent.properties:6: unknown key \"fogra39\". The sample agent.properties has every"
                + " key.",
            "agent.properties:7: unknown key \"\". The sample agent.properties has every key."),
        sources
            .file(
                Sources.ENOUGH
                    + "Log.Level=info\nhandlr.mis.url=x\noauth.client-idd=x\nfogra39=x\n=x\n")
            .problems());
  }

  @Test
  void whatIsWrittenOutIsShownAndWhatIsLookedUpIsNot() {
    assertEquals(
        List.of(
            "agent.properties:3: environment is \"${x\". Write sandbox or production.",
            "agent.properties:4: log.level gets a wrong value from its ${…}. Write error, warn,"
                + " info, debug or trace."),
        sources.file(Sources.ENOUGH + "environment = $${x\nlog.level = ${env:T}").problems());
  }

  @Test
  void systemdDecidesFolderAndLogFormatUnlessTheyAreSet() throws Exception {
    sources.file(Sources.ENOUGH).variable("STATE_DIRECTORY", "/var/lib/loom:/var/lib/other");
    sources.variable("JOURNAL_STREAM", "8:1");
    assertEquals(Path.of("/var/lib/loom"), sources.load().dataDir());
    assertEquals("journal", sources.load().logFormat());
    sources.file(Sources.ENOUGH + "log.format = text");
    assertEquals("text", sources.load().logFormat());
    sources.set("data.dir=./here/../there", "log.format=json");
    assertEquals(folder.resolve("there"), sources.load().dataDir());
    assertEquals("json", sources.load().logFormat());
  }

  @Test
  void durationsHaveAUnitAndLimits() throws Exception {
    sources.file(Sources.ENOUGH);
    for (String right : List.of("10ms", "3600s", "60m", "1h", "0001s", " 5s ")) {
      sources.set("reconnect.first=" + right, "reconnect.longest=1d").load();
    }
    assertEquals(Duration.ofDays(1), sources.load().reconnectLongest());
    for (String wrong : List.of("9ms", "61m", "999999999d")) {
      assertEquals(
          List.of("--set reconnect.first: reconnect.first is \"" + wrong + "\". Write 10ms to 1h."),
          sources.set("reconnect.first=" + wrong).problems());
    }
    for (String wrong : List.of("1 s", "-1s", "1.5s", "1S", "s", "9999999999s", "1s1s", "１s")) {
      List<String> problems = sources.set("reconnect.first=" + wrong).problems();
      assertEquals(1, problems.size(), problems::toString);
      assertTrue(problems.get(0).endsWith("Write 10ms to 1h."), problems::toString);
    }
  }

  @Test
  void aBackoffThatShrinksIsToldWhereItWasWritten() {
    assertEquals(
        List.of(
            "agent.properties:3: reconnect.longest is 1m, shorter than reconnect.first (2m). Raise"
                + " it, or lower reconnect.first."),
        sources.file(Sources.ENOUGH + "reconnect.first = 2m").problems());
    // A default that stands in for a mistake is not compared.
    sources.file(Sources.ENOUGH + "reconnect.first = soon\nreconnect.longest = 20ms");
    assertEquals(1, sources.problems().size());
  }

  @Test
  void aRepeatedEventCountsOnce() throws Exception {
    sources.file("token=${env:T}\nevents = b.a , a.b,b.a\n");
    assertEquals(List.of("b.a", "a.b"), sources.connection().events());
  }

  @Test
  void atMostFiveHundredEventsOfAtMost256Characters() throws Exception {
    sources.file(Sources.ENOUGH);
    String five = "a.b,".repeat(499) + "a.b";
    assertEquals(1, sources.set("events=" + five).connection().events().size());
    assertEquals(
        List.of(
            "--set events: events is \"a.b,a.b,a.b,a.b,… (2003 characters)\". Write whole event"
                + " names like mission_control.job_added, with commas, at most 500; no *."),
        sources.set("events=" + five + ",c.d").problems());
    sources.set("events=a." + "b".repeat(254)).load();
    assertEquals(1, sources.set("events=a." + "b".repeat(255)).problems().size());
  }

  @Test
  void handlersComeInTheOrderWritten() throws Exception {
    sources.file(
        Sources.ENOUGH
            + """
            handler.mis.path = out/{name}
            handler.audit.enabled = false
            handler.mis.type = file
            handler.mis.header.X-Shop = Druck & Söhne
            """);
    List<HandlerSettings> handlers = sources.load().handlers();
    assertEquals(List.of("mis", "audit"), handlers.stream().map(HandlerSettings::name).toList());
    HandlerSettings mis = handlers.get(0);
    assertEquals("file", mis.type());
    assertTrue(mis.enabled() && mis.events().matches("any.thing"));
    assertEquals(
        Map.of("path", "out/{name}", "header.X-Shop", "Druck & Söhne"), Map.copyOf(mis.settings()));
    assertEquals(folder.resolve("agent.properties") + ":3", mis.origin());
    assertThrows(UnsupportedOperationException.class, () -> mis.settings().put("path", "x"));
    assertThrows(UnsupportedOperationException.class, () -> mis.settings().keySet().clear());
    assertEquals("audit", handlers.get(1).type());
    assertEquals(false, handlers.get(1).enabled());
  }

  @Test
  void noMoreThanAHundredMistakesAreListed() {
    String file = Sources.ENOUGH;
    for (int i = 0; i < 250; i++) {
      file += "nonsense" + i + " = x\n";
    }
    List<String> problems = sources.file(file).problems();
    assertEquals(101, problems.size());
    assertEquals("… and 150 more.", problems.get(100));
  }

  private static List<String> problems(Source source) {
    return assertThrows(ConfigurationException.class, () -> Configuration.load(source)).problems();
  }
}
